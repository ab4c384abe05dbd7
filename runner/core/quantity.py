"""Kubernetes quantities: `250m`, `64Mi`, `12345678n` as numbers."""

from __future__ import annotations

import re

_QUANTITY = re.compile(r"([+-]?[0-9.]+(?:[eE][+-]?\d+)?)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?")
_DECIMAL = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_BINARY = {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50, "Ei": 2.0**60}


def number(quantity: str) -> float:
    """The number that a quantity means: cores for CPU, bytes for memory.

    Raises:
        ValueError: it is no quantity.

    """
    found = _QUANTITY.fullmatch(str(quantity))
    if not found:
        raise ValueError(f"{quantity!r} is no Kubernetes quantity")
    return float(found[1]) * {**_DECIMAL, **_BINARY}.get(found[2] or "", 1.0)
