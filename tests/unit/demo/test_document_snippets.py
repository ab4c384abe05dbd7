"""The Python that the integration guide gives to `manage.py shell -c` runs in the shop as it stands there."""

import json

import pytest

TENANT = """
from apps.core.models import Tenant
tenant = Tenant.objects.create(company_name='Test Shop', slug='test-shop', status='ACTIVE')
print(f'Tenant created: {tenant.id}')"""

ITEM = """
from apps.inventory.models import InventoryItem, ProductCategory
from apps.core.models import Tenant, Branch
from decimal import Decimal

tenant = Tenant.objects.first()
branch = Branch.objects.filter(tenant=tenant).first()
category = ProductCategory.objects.filter(tenant=tenant).first()

item = InventoryItem.objects.create(
    tenant=tenant,
    sku='TEST-001',
    name='Test Ring',
    category=category,
    karat=18,
    weight_grams=Decimal('5.0'),
    cost_price=Decimal('500'),
    selling_price=Decimal('750'),
    quantity=10,
    branch=branch
)
print(f'Item created: {item.id}')
"""

SALE = """
from apps.sales.models import Sale, SaleItem
from apps.inventory.models import InventoryItem
from apps.core.models import Tenant, Branch, Terminal
from django.contrib.auth import get_user_model
from decimal import Decimal

User = get_user_model()
tenant = Tenant.objects.first()
branch = Branch.objects.filter(tenant=tenant).first()
user = User.objects.filter(tenant=tenant).first()
item = InventoryItem.objects.filter(tenant=tenant).first()
terminal = Terminal.objects.filter(branch=branch).first()

sale = Sale.objects.create(
    tenant=tenant,
    sale_number='SALE-001',
    branch=branch,
    terminal=terminal,
    employee=user,
    subtotal=Decimal('750'),
    tax=Decimal('75'),
    total=Decimal('825'),
    payment_method='CASH',
    status='COMPLETED'
)

SaleItem.objects.create(
    sale=sale,
    inventory_item=item,
    quantity=1,
    unit_price=Decimal('750'),
    subtotal=Decimal('750')
)

print(f'Sale created: {sale.id}')
"""

DELETE = """
Tenant.objects.filter(slug='test-shop').delete()
Sale.objects.filter(sale_number='SALE-001').delete()
InventoryItem.objects.filter(sku='TEST-001').delete()
"""


@pytest.fixture
def tidy(shop):
    yield shop
    assert shop.manage("shell", "-c", DELETE).returncode == 0


def test_the_guides_journey_from_tenant_to_sale_runs(tidy):
    said = [tidy.manage("shell", "-c", snippet) for snippet in (TENANT, ITEM, SALE)]

    assert [done.returncode for done in said] == [0, 0, 0], [done.stderr for done in said]
    assert [done.stdout.strip().splitlines()[-1].rpartition(":")[0] for done in said] == [
        "Tenant created",
        "Item created",
        "Sale created",
    ]


def test_the_guides_database_check_runs(shop):
    done = shop.manage("check", "--database", "default")

    assert done.returncode == 0, done.stderr


def test_show_config_prints_what_the_api_tells(shop):
    done = shop.manage("show_config")

    assert json.loads(done.stdout)["config"] == shop.call("GET", "/api/config/")[1]["config"]
