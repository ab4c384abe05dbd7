"""`manage.py open_shop`: the staff login and a first tenant with something to sell; run as often as you like."""

from decimal import Decimal
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from shop.environment import config, secret

from apps.core.models import Branch, Tenant, Terminal, User
from apps.inventory.models import InventoryItem, ProductCategory

PIECES = (
    ("RING-18-001", "Signet ring", 18, "7.250", "410.00", "690.00"),
    ("RING-22-001", "Wedding band", 22, "4.100", "280.00", "455.00"),
    ("RING-14-001", "Stacking ring", 14, "1.900", "75.00", "140.00"),
)


class Command(BaseCommand):
    """Make what is missing, change nothing that is there."""

    help = __doc__

    @transaction.atomic
    def handle(self, *_: Any, **__: Any) -> None:
        """Make staff, tenant, branch, till, clerk, category and pieces."""
        password = secret("ADMIN_PASSWORD")
        tenant, _made = Tenant.objects.get_or_create(slug="house", defaults={"company_name": config("SHOP_NAME")})
        branch, _made = Branch.objects.get_or_create(tenant=tenant, name="Main Street")
        Terminal.objects.get_or_create(branch=branch, name="Till 1")
        if not User.objects.filter(username="admin").exists():
            User.objects.create_superuser("admin", password=password)
        if not User.objects.filter(username="clerk").exists():
            User.objects.create_user("clerk", password=password, tenant=tenant)
        rings, _made = ProductCategory.objects.get_or_create(tenant=tenant, name="Rings")
        for sku, name, karat, *numbers in PIECES:
            weight, cost, price = map(Decimal, numbers)
            InventoryItem.objects.get_or_create(
                tenant=tenant,
                sku=sku,
                defaults={
                    "name": name,
                    "category": rings,
                    "branch": branch,
                    "karat": karat,
                    "weight_grams": weight,
                    "cost_price": cost,
                    "selling_price": price,
                    "quantity": 25,
                },
            )
        self.stdout.write(f"open: {tenant}, {InventoryItem.objects.filter(tenant=tenant).count()} pieces")
