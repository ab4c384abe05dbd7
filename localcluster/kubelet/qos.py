"""The quality of service class of a pod."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcluster.kubelet.quantity import quantity

if TYPE_CHECKING:
    from localcluster.client import Obj


def qos_class(spec: Obj) -> str:
    """Guaranteed (requests equal limits, all set), BestEffort (nothing set) or Burstable."""
    containers = [*spec["containers"], *(spec.get("initContainers") or [])]
    amounts = [c.get("resources") or {} for c in containers]
    if not any(_asked(a, kind) for a in amounts for kind in ("requests", "limits")):
        return "BestEffort"
    return "Guaranteed" if all(_guaranteed(a) for a in amounts) else "Burstable"


def _asked(resources: Obj, kind: str) -> dict[str, str]:
    asked = resources.get(kind) or {}
    return {name: asked[name] for name in ("cpu", "memory") if name in asked and quantity(asked[name])}


def _guaranteed(resources: Obj) -> bool:
    limits, requests = _asked(resources, "limits"), _asked(resources, "requests")
    requests = limits | requests
    same = all(quantity(requests[name]) == quantity(limits[name]) for name in limits)
    return limits.keys() == {"cpu", "memory"} and same
