"""From usage to a number of replicas, as upstream's replica calculator."""

from dataclasses import dataclass
from decimal import Decimal
from math import ceil

from localcluster.apiserver import quantity
from localcluster.client import Obj
from localcluster.controllers import requests
from localcluster.controllers.autoscaler.usage import Groups, MetricError, Sample, demand_requests, group

_TOLERANCE = 0.1  # a ratio this close to 1 changes nothing


@dataclass(frozen=True)
class Proposal:
    """A size, the metric's present value for the status, and its name in conditions and events."""

    replicas: int
    current: Obj
    name: str


@dataclass(frozen=True)
class Target:
    """What one metric of the spec asks for: `utilization` in percent of requests or `average` in thousandths."""

    resource: str
    container: str
    utilization: int | None
    average: int | None

    @property
    def name(self) -> str:
        """Its name in conditions and events."""
        where = "container resource" if self.container else "resource"
        if self.utilization is not None:
            return f"{self.resource} {where} utilization (percentage of request)"
        return f"{self.resource} {where}"


def read_target(metric: Obj) -> Target:
    """Read a metric of the spec; raises MetricError for kinds this cluster cannot measure."""
    kind = metric["type"]
    part = metric.get("resource") if kind == "Resource" else metric.get("containerResource")
    if kind not in ("Resource", "ContainerResource") or part is None:
        message = f"the embedded cluster has no {kind.lower()} metrics: only Resource and ContainerResource"
        raise MetricError(message, f"FailedGet{kind}Metric")
    target = part["target"]
    average = target.get("averageValue")
    return Target(
        part["name"],
        part.get("container", ""),
        target.get("averageUtilization"),
        requests.milli(average) if average is not None else None,
    )


def propose(current: int, pods: list[Obj], samples: dict[str, Sample], target: Target) -> Proposal:
    """Reckon the size that brings the metric to its target; raises MetricError."""
    if not pods:
        raise MetricError("no pods returned by selector while calculating replica count")
    groups = group(pods, samples, target.resource, target.container)
    if not groups.measured:
        raise MetricError("did not receive metrics for targeted pods (pods might be unready)")
    if target.utilization is not None:
        demand_requests(pods, groups, target.resource, target.container)
    size = _size(current, groups, target)
    return Proposal(size, _current(groups, target), target.name)


def _size(current: int, groups: Groups, target: Target) -> int:
    measured = dict(groups.measured)
    ratio = _ratio(measured, groups, target)
    hot_start = bool(groups.unready) and ratio > 1
    if not hot_start and not groups.missing:
        return current if _tolerable(ratio) else _up(ratio * len(measured))
    for name in groups.missing:
        # who is not seen is guessed at against the change: fully busy before shrinking, idle before growing
        measured[name] = _full(groups, target, name) if ratio < 1 else 0
    if hot_start:
        measured |= dict.fromkeys(groups.unready, 0)
    again = _ratio(measured, groups, target)
    if _tolerable(again) or (ratio < 1 < again) or (ratio > 1 > again):
        return current
    size = _up(again * len(measured))
    if (again < 1 and size > current) or (again > 1 and size < current):
        return current
    return size


def _ratio(measured: dict[str, int], groups: Groups, target: Target) -> float:
    total = sum(measured.values())
    if target.utilization is not None:
        return _utilization(measured, groups) / target.utilization
    return total / len(measured) / (target.average or 1)


def _utilization(measured: dict[str, int], groups: Groups) -> int:
    asked = sum(groups.asked[name] for name in measured)
    return sum(measured.values()) * 100 // asked


def _full(groups: Groups, target: Target, name: str) -> int:
    if target.utilization is not None:
        return groups.asked[name] * max(100, target.utilization) // 100
    return target.average or 0


def _current(groups: Groups, target: Target) -> Obj:
    average = sum(groups.measured.values()) // len(groups.measured)
    shown: Obj = {"averageValue": quantity.render(Decimal(average) / 1000)}
    if target.utilization is not None:
        shown["averageUtilization"] = _utilization(groups.measured, groups)
    part: Obj = {"name": target.resource, "current": shown}
    if target.container:
        return {"type": "ContainerResource", "containerResource": part | {"container": target.container}}
    return {"type": "Resource", "resource": part}


def _tolerable(ratio: float) -> bool:
    return abs(1 - ratio) <= _TOLERANCE + 1e-9


def _up(value: float) -> int:
    return ceil(value - 1e-9)
