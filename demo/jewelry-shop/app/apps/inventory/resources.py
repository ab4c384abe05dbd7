"""The rows of this application that the API serves."""

from django.db import models

from apps.core.json_view import Call, Refusal
from apps.core.resource import Resource
from apps.inventory.models import InventoryItem, ProductCategory


def same_tenant(row: models.Model, _: Call) -> None:
    """Refuse an item whose branch or category belongs to somebody else."""
    assert isinstance(row, InventoryItem)
    if row.branch_id and row.branch.tenant_id != row.tenant_id:
        raise Refusal(422, "branch: belongs to another tenant")
    if row.category_id and row.category.tenant_id != row.tenant_id:
        raise Refusal(422, "category: belongs to another tenant")


CATEGORIES = Resource(model=ProductCategory, shown=("tenant", "name"), settable=("tenant", "name"), search=("name",))
ITEMS = Resource(
    model=InventoryItem,
    shown=(
        "tenant", "branch", "category", "sku", "name", "karat", "weight_grams", "cost_price", "selling_price",
        "quantity", "photo",
    ),
    settable=(
        "tenant", "branch", "category", "sku", "name", "karat", "weight_grams", "cost_price", "selling_price",
        "quantity",
    ),
    search=("sku", "name"),
    prepare=same_tenant,
)  # fmt: skip
