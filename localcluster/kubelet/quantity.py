"""Kubernetes quantities such as `250m` and `64Mi`."""

from __future__ import annotations

import math
from decimal import Decimal

_UNITS = {
    **{suffix: Decimal(1024) ** power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)},
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate(("k", "M", "G", "T", "P", "E"), 1)},
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
}


def quantity(text: str | float) -> Decimal:
    """Read a quantity as a number of cores, bytes or pieces.

    Raises:
        ValueError: this is no quantity.

    """
    text = str(text).strip()
    try:
        for suffix, unit in _UNITS.items():
            if text.endswith(suffix):
                return Decimal(text.removesuffix(suffix)) * unit
        return Decimal(text)
    except ArithmeticError as error:
        raise ValueError(f"{text!r} is no quantity such as 250m or 64Mi") from error


def in_units(text: str | float, divisor: str | float) -> int:
    """Divide and round up, as the downward API does."""
    unit = quantity(divisor)
    return math.ceil(quantity(text) / (unit or Decimal(1)))
