"""What a pod asks for, in cores, bytes and pieces."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from localcluster.apiserver import quantity
from localcluster.client import Obj

Amounts = dict[str, Decimal]


def of_pod(spec: Obj) -> Amounts:
    """Add up containers and side-cars, or take the largest init container (and side-cars before it) if that is more."""
    total = _sum(of_container(one) for one in spec.get("containers") or ())
    sidecars: Amounts = {}
    peak: Amounts = {}
    for one in spec.get("initContainers") or ():
        if one.get("restartPolicy") == "Always":
            sidecars = _sum((sidecars, of_container(one)))
        else:
            peak = _largest(peak, _sum((sidecars, of_container(one))))
    return _sum((_largest(_sum((total, sidecars)), peak), parsed(spec.get("overhead") or {})))


def of_container(container: Obj) -> Amounts:
    """Read a container's requests."""
    return parsed((container.get("resources") or {}).get("requests") or {})


def parsed(amounts: Mapping[str, str]) -> Amounts:
    """Read a map of quantities; raises ValueError."""
    return {name: quantity.parse(str(amount)) for name, amount in amounts.items()}


def milli(text: str) -> int:
    """Read a quantity in thousandths, rounded up; raises ValueError."""
    return int((quantity.parse(str(text)) * 1000).to_integral_value(rounding="ROUND_CEILING"))


def _sum(parts: Iterable[Amounts]) -> Amounts:
    total: Amounts = {}
    for part in parts:
        for name, amount in part.items():
            total[name] = total.get(name, Decimal(0)) + amount
    return total


def _largest(one: Amounts, other: Amounts) -> Amounts:
    return {name: max(one.get(name, Decimal(0)), other.get(name, Decimal(0))) for name in one.keys() | other.keys()}
