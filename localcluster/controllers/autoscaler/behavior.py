"""How fast an autoscaler may follow its metrics: stabilization windows and scaling policies."""

import time
from dataclasses import dataclass, field
from math import ceil

from localcluster.client import Obj

_DOWN_WINDOW = 300  # seconds, unless the spec says otherwise
_UP: Obj = {
    "stabilizationWindowSeconds": 0,
    "selectPolicy": "Max",
    "policies": [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ],
}
_DOWN: Obj = {
    "stabilizationWindowSeconds": _DOWN_WINDOW,
    "selectPolicy": "Max",
    "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
}


@dataclass(frozen=True)
class Limited:
    """A size, and what limited it (for the condition ScalingLimited)."""

    replicas: int
    reason: str
    message: str


@dataclass
class Memory:
    """What an autoscaler remembers: sizes it wanted and changes it made, with their monotonic times."""

    wanted: list[tuple[float, int]] = field(default_factory=list)
    ups: list[tuple[float, int]] = field(default_factory=list)
    downs: list[tuple[float, int]] = field(default_factory=list)

    def changed(self, before: int, after: int) -> None:
        """Remember a change of size."""
        if after != before:
            (self.ups if after > before else self.downs).append((time.monotonic(), abs(after - before)))

    def forget(self, seconds: float) -> None:
        """Let go of what no window can reach any more."""
        cutoff = time.monotonic() - seconds
        for kept in (self.wanted, self.ups, self.downs):
            kept[:] = [entry for entry in kept if entry[0] > cutoff]


def rules(autoscaler: Obj, direction: str) -> Obj:
    """Give the rules for `scaleUp` or `scaleDown`, defaults filled in."""
    given = (autoscaler["spec"].get("behavior") or {}).get(direction) or {}
    return (_UP if direction == "scaleUp" else _DOWN) | {
        key: value for key, value in given.items() if value is not None
    }


def stabilize(autoscaler: Obj, memory: Memory, current: int, desired: int) -> int:
    """Follow the most careful of the recent wishes in each direction."""
    now = time.monotonic()
    if not memory.wanted:
        memory.wanted.append((now, current))
    up_window = rules(autoscaler, "scaleUp")["stabilizationWindowSeconds"]
    down_window = rules(autoscaler, "scaleDown")["stabilizationWindowSeconds"]
    low = min([desired, *(size for at, size in memory.wanted if at > now - up_window)])
    high = max([desired, *(size for at, size in memory.wanted if at > now - down_window)])
    memory.wanted.append((now, desired))
    memory.forget(max(up_window, down_window, 3600.0))
    return min(max(current, low), high)


def limit(autoscaler: Obj, memory: Memory, current: int, desired: int) -> Limited:
    """Keep a size within its bounds and its rate."""
    spec = autoscaler["spec"]
    if desired > current:
        rate = max(current, _up_limit(rules(autoscaler, "scaleUp"), memory, current))
        if desired > min(rate, spec["maxReplicas"]):
            if rate < spec["maxReplicas"]:
                message = "the desired replica count is increasing faster than the maximum scale rate"
                return Limited(rate, "ScaleUpLimit", message)
            return Limited(
                spec["maxReplicas"],
                "TooManyReplicas",
                "the desired replica count is more than the maximum replica count",
            )
    elif desired < current:
        rate = min(current, _down_limit(rules(autoscaler, "scaleDown"), memory, current))
        least = spec.get("minReplicas", 1)
        if desired < max(rate, least):
            if rate > least:
                message = "the desired replica count is decreasing faster than the maximum scale rate"
                return Limited(rate, "ScaleDownLimit", message)
            return Limited(least, "TooFewReplicas", "the desired replica count is less than the minimum replica count")
    return Limited(desired, "DesiredWithinRange", "the desired count is within the acceptable range")


def _up_limit(rule: Obj, memory: Memory, current: int) -> int:
    if rule["selectPolicy"] == "Disabled":
        return current
    sizes = []
    for policy in rule["policies"]:
        start = current - _recent(memory.ups, policy) + _recent(memory.downs, policy)
        grown = start + policy["value"] if policy["type"] == "Pods" else ceil(start * (1 + policy["value"] / 100))
        sizes.append(grown)
    return int(min(sizes) if rule["selectPolicy"] == "Min" else max(sizes))


def _down_limit(rule: Obj, memory: Memory, current: int) -> int:
    if rule["selectPolicy"] == "Disabled":
        return current
    sizes = []
    for policy in rule["policies"]:
        start = current - _recent(memory.ups, policy) + _recent(memory.downs, policy)
        shrunk = start - policy["value"] if policy["type"] == "Pods" else int(start * (1 - policy["value"] / 100))
        sizes.append(shrunk)
    return int(max(sizes) if rule["selectPolicy"] == "Min" else min(sizes))


def _recent(changes: list[tuple[float, int]], policy: Obj) -> int:
    cutoff = time.monotonic() - policy["periodSeconds"]
    return sum(amount for at, amount in changes if at > cutoff)
