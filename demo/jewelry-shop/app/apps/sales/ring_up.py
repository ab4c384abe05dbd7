"""Take stock and money in one transaction: never more than there is, never twice for one key."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from uuid import uuid4

from django.db import IntegrityError, transaction

from apps.core.models import Branch, Tenant, Terminal, User
from apps.inventory.models import InventoryItem
from apps.sales.models import Sale, SaleItem

CENT = Decimal("0.01")


class OutOfStockError(Exception):
    """Somebody wants more than there is: `short` has item id -> (wanted, left)."""

    def __init__(self, short: Mapping[int, tuple[int, int]]) -> None:
        super().__init__("; ".join(f"item {pk}: {wanted} wanted, {left} left" for pk, (wanted, left) in short.items()))
        self.short = dict(short)


class WrongItemError(Exception):
    """An item that this branch does not have."""


@dataclass(frozen=True)
class Order:
    """What a till asks for. `lines` has item id -> quantity (1 or more)."""

    tenant: Tenant
    branch: Branch
    lines: Mapping[int, int]
    tax_percent: Decimal
    terminal: Terminal | None = None
    employee: User | None = None
    payment_method: str = Sale.Payment.CASH
    sale_number: str = ""
    idempotency_key: str | None = None


def ring_up(order: Order) -> tuple[Sale, bool]:
    """Return the sale and whether it is new; a key that was used before returns the sale it made.

    Raises:
        OutOfStockError: nothing was sold.
        WrongItemError: an item is not in this branch.

    """
    known = sale_with_key(order)
    if known:
        return known, False
    try:
        with transaction.atomic():
            return sell(order), True
    except IntegrityError:
        known = sale_with_key(order)  # the same till, twice at the same moment: the other one was first
        if known:
            return known, False
        raise


def sale_with_key(order: Order) -> Sale | None:
    """Return the sale that this key has already made."""
    if order.idempotency_key is None:
        return None
    return Sale.objects.filter(tenant=order.tenant, idempotency_key=order.idempotency_key).first()


def sell(order: Order) -> Sale:
    """Write the sale and take its stock; the caller holds the transaction."""
    items = locked_items(order)
    subtotal = sum((items[pk].selling_price * wanted for pk, wanted in order.lines.items()), Decimal(0))
    tax = (subtotal * order.tax_percent / 100).quantize(CENT, ROUND_HALF_UP)
    sale = Sale.objects.create(
        tenant=order.tenant,
        sale_number=order.sale_number or f"S-{uuid4().hex[:12].upper()}",
        branch=order.branch,
        terminal=order.terminal,
        employee=order.employee,
        subtotal=subtotal,
        tax=tax,
        total=subtotal + tax,
        payment_method=order.payment_method,
        idempotency_key=order.idempotency_key,
    )
    SaleItem.objects.bulk_create(sale_lines(sale, items.values(), order.lines))
    return sale


def locked_items(order: Order) -> dict[int, InventoryItem]:
    """Lock the items in order of their ids (so that two tills cannot deadlock) and take the stock."""
    rows = InventoryItem.objects.select_for_update().filter(pk__in=order.lines, branch=order.branch).order_by("pk")
    items = {item.pk: item for item in rows}
    missing = set(order.lines) - set(items)
    if missing:
        raise WrongItemError(f"not in this branch: {', '.join(map(str, sorted(missing)))}")
    short = {pk: (n, items[pk].quantity) for pk, n in order.lines.items() if items[pk].quantity < n}
    if short:
        raise OutOfStockError(short)
    for pk, wanted in order.lines.items():
        items[pk].quantity -= wanted
        items[pk].save(update_fields=["quantity"])
    return items


def sale_lines(sale: Sale, items: Iterable[InventoryItem], lines: Mapping[int, int]) -> list[SaleItem]:
    """Return the lines of a sale, not saved yet."""
    return [
        SaleItem(
            sale=sale,
            inventory_item=item,
            quantity=lines[item.pk],
            unit_price=item.selling_price,
            subtotal=item.selling_price * lines[item.pk],
        )
        for item in items
    ]
