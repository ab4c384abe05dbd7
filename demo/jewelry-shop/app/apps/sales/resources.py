"""The rows of this application that the API serves, and how a body becomes an order."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from shop.environment import config

from apps.core.json_view import Answer, Call, Refusal
from apps.core.resource import Resource
from apps.core.resources import BRANCHES, TERMINALS
from apps.sales.models import Sale, SaleItem
from apps.sales.ring_up import Order, OutOfStockError, WrongItemError, ring_up

SALES = Resource(
    model=Sale,
    shown=(
        "tenant", "sale_number", "branch", "terminal", "employee", "subtotal", "tax", "total", "payment_method",
        "status", "idempotency_key", "created_at",
    ),
    settable=(),
    search=("sale_number",),
)  # fmt: skip
LINES = Resource(
    model=SaleItem,
    shown=("sale", "inventory_item", "quantity", "unit_price", "subtotal"),
    settable=(),
    tenant_path="sale__tenant",
)


def sell(call: Call) -> Answer:
    """Make a sale: 201 when new, 200 when the key was used before, 409 when there is not enough."""
    try:
        sale, new = ring_up(order_of(call))
    except OutOfStockError as error:
        left = {str(pk): {"wanted": wanted, "left": rest} for pk, (wanted, rest) in error.short.items()}
        raise Refusal(409, f"out of stock: {error}", short=left) from error
    except WrongItemError as error:
        raise Refusal(422, str(error)) from error
    return 201 if new else 200, SALES.show(sale) | {"items": [LINES.show(line) for line in sale.lines.all()]}


def order_of(call: Call) -> Order:
    """Return what the body asks for; all ids are looked up among what the caller may see."""
    branch = BRANCHES.visible(call.user).select_related("tenant").get(pk=call.need("branch"))
    terminal = call.body.get("terminal")
    payment = str(call.body.get("payment_method", Sale.Payment.CASH))
    if payment not in Sale.Payment.values:
        raise Refusal(422, f"payment_method: {payment} is none of {', '.join(Sale.Payment.values)}")
    return Order(
        tenant=branch.tenant,
        branch=branch,
        lines=lines_of(call.need("items")),
        tax_percent=Decimal(config("TAX_PERCENT")),
        terminal=TERMINALS.visible(call.user).get(pk=terminal, branch=branch) if terminal else None,
        employee=call.user,
        payment_method=payment,
        sale_number=str(call.body.get("sale_number", "")),
        idempotency_key=call.idempotency_key,
    )


def lines_of(entries: Any) -> dict[int, int]:
    """Return item id -> quantity from `[{"item": 1, "quantity": 2}, ...]`; the same item twice adds up."""
    if not isinstance(entries, Iterable) or isinstance(entries, str | dict) or not entries:
        raise Refusal(422, 'items: a list such as [{"item": 1, "quantity": 2}] is needed')
    lines: dict[int, int] = {}
    for entry in entries:
        try:
            pk, quantity = int(entry["item"]), int(entry.get("quantity", 1))
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise Refusal(422, f"items: {entry!r} has no item or no proper quantity") from error
        if quantity < 1:
            raise Refusal(422, f"items: quantity {quantity} of item {pk} is less than 1")
        lines[pk] = lines.get(pk, 0) + quantity
    return lines
