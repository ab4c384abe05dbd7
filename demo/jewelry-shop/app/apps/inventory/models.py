"""What a tenant has for sale, and how many of it."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from apps.core.models import Branch, Tenant

PURE_GOLD = 24  # karat


class ProductCategory(models.Model):
    """Rings, chains, watches, ..."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="categories")
    name = models.CharField(max_length=120)

    class Meta:
        """One name per tenant."""

        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "name"], name="category_name_of_tenant")]

    def __str__(self) -> str:
        return self.name


class InventoryItem(models.Model):
    """One kind of piece in one branch. The database itself refuses a negative quantity."""

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="items")
    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="items")
    category = models.ForeignKey(ProductCategory, on_delete=models.CASCADE, related_name="items")
    sku = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    karat = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(PURE_GOLD)])
    weight_grams = models.DecimalField(max_digits=9, decimal_places=3, validators=[MinValueValidator(0)])
    cost_price = models.DecimalField(max_digits=12, decimal_places=2, validators=[MinValueValidator(0)])
    selling_price = models.DecimalField(max_digits=12, decimal_places=2, validators=[MinValueValidator(0)])
    quantity = models.PositiveIntegerField(default=0)
    photo = models.CharField(max_length=200, blank=True)

    class Meta:
        """A stock-keeping unit is unique within its tenant."""

        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "sku"], name="sku_of_tenant"),
            models.CheckConstraint(condition=models.Q(quantity__gte=0), name="never_oversold"),
        ]

    def __str__(self) -> str:
        return f"{self.sku} {self.name}"
