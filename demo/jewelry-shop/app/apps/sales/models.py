"""Sales and their lines."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from apps.core.models import Branch, Tenant, Terminal
from apps.inventory.models import InventoryItem


class Sale(models.Model):
    """A finished sale. `idempotency_key` is the till's own name for it: the same key never makes a second sale."""

    class Status(models.TextChoices):
        """How it ended."""

        COMPLETED = "COMPLETED"
        REFUNDED = "REFUNDED"

    class Payment(models.TextChoices):
        """How it was paid."""

        CASH = "CASH"
        CARD = "CARD"

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="sales")
    sale_number = models.CharField(max_length=60)
    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="sales")
    terminal = models.ForeignKey(Terminal, on_delete=models.CASCADE, null=True, blank=True, related_name="sales")
    employee = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="sales"
    )
    subtotal = models.DecimalField(max_digits=12, decimal_places=2)
    tax = models.DecimalField(max_digits=12, decimal_places=2)
    total = models.DecimalField(max_digits=12, decimal_places=2)
    payment_method = models.CharField(max_length=10, choices=Payment.choices, default=Payment.CASH)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.COMPLETED)
    idempotency_key = models.CharField(max_length=100, null=True, blank=True)  # noqa: DJ001 - NULL is "none given"
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        """Numbers and keys are unique within a tenant."""

        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "sale_number"], name="sale_number_of_tenant"),
            models.UniqueConstraint(fields=["tenant", "idempotency_key"], name="sale_key_of_tenant"),
        ]

    def __str__(self) -> str:
        return self.sale_number


class SaleItem(models.Model):
    """One line of a sale."""

    sale = models.ForeignKey(Sale, on_delete=models.CASCADE, related_name="lines")
    inventory_item = models.ForeignKey(InventoryItem, on_delete=models.CASCADE, related_name="sold")
    quantity = models.PositiveIntegerField()
    unit_price = models.DecimalField(max_digits=12, decimal_places=2)
    subtotal = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        """In the order they were rung up."""

        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.inventory_item_id}"
