"""Quantities such as `500m`, `1Gi`, `2e3`: exact arithmetic, upstream's canonical spelling."""

import re
from decimal import ROUND_CEILING, Decimal

_PATTERN = re.compile(r"^([+-]?(?:\d+\.?\d*|\.\d+))(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d+)?$")
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_NANO = Decimal("1e-9")  # nothing finer can be told


def parse(text: str) -> Decimal:
    """Give the amount in base units (cores, bytes); raises ValueError."""
    found = _PATTERN.match(text)
    if not found:
        raise ValueError(f"unable to parse quantity's suffix: {text!r}")
    number, suffix = Decimal(found[1]), found[2] or ""
    if suffix in _BINARY:
        return number * (Decimal(1024) ** _BINARY[suffix])
    if suffix in _DECIMAL:
        return number.scaleb(_DECIMAL[suffix])
    return number.scaleb(int(suffix[1:]))


def canonical(text: str) -> str:
    """Spell a quantity as the API server does: `0.5` becomes `500m`, `2048Ki` becomes `2Mi`; raises ValueError."""
    return render(parse(text), binary=text.endswith("i"))


def render(amount: Decimal, *, binary: bool = False) -> str:
    """Spell an amount with the largest suffix that needs no fraction."""
    amount = amount.quantize(_NANO, rounding=ROUND_CEILING)
    if amount == 0:
        return "0"
    if binary and abs(amount) >= 1024 and amount == amount.to_integral_value():
        return _render_binary(int(amount))
    return _render_decimal(amount)


def _render_binary(amount: int) -> str:
    suffix = ""
    for name in _BINARY:
        if amount % 1024:
            break
        amount, suffix = amount // 1024, name
    return f"{amount}{suffix}"


def _render_decimal(amount: Decimal) -> str:
    for suffix, power in reversed(_DECIMAL.items()):
        scaled = amount.scaleb(-power)
        if scaled == scaled.to_integral_value():
            return f"{int(scaled)}{suffix}"
    return str(amount)
