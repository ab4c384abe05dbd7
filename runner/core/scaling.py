"""How an autoscaler followed a load: pure reading of replica counts over time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from runner.core.target import Obj


@dataclass(frozen=True)
class Bounds:
    """What a HorizontalPodAutoscaler may do, and to whom."""

    kind: str
    name: str
    least: int
    most: int


@dataclass(frozen=True)
class Count:
    """Replicas at one moment."""

    at: float
    """Loop clock."""
    wanted: int
    """`spec.replicas`: what the autoscaler has set."""
    running: int
    ready: int


@dataclass
class Curve:
    """Replica counts in the order in which they were seen."""

    counts: list[Count] = field(default_factory=list)

    def add(self, count: Count) -> None:
        """Keep it when it differs from the last one."""
        last = self.counts[-1] if self.counts else None
        if not last or (last.wanted, last.running, last.ready) != (count.wanted, count.running, count.ready):
            self.counts.append(count)

    @property
    def last(self) -> Count:
        """The newest."""
        return self.counts[-1]

    @property
    def highest(self) -> int:
        """Most replicas that ever were there or wanted."""
        return max(max(one.wanted, one.running) for one in self.counts)

    @property
    def highest_ready(self) -> int:
        """Most replicas that ever were Ready."""
        return max(one.ready for one in self.counts)


def bounds_of(hpa: Obj) -> Bounds:
    """Its limits and its target; `minReplicas` is 1 unless it says otherwise."""
    spec = hpa["spec"]
    target = spec["scaleTargetRef"]
    return Bounds(target["kind"], target["name"], int(spec.get("minReplicas") or 1), int(spec["maxReplicas"]))


def count_of(workload: Obj, at: float) -> Count:
    """What a Deployment or StatefulSet says of its replicas."""
    status: dict[str, Any] = workload.get("status") or {}
    wanted = workload["spec"].get("replicas", 1)
    return Count(at, wanted, status.get("replicas") or 0, status.get("readyReplicas") or 0)


def what_it_says(hpa: Obj) -> str:
    """The autoscaler's own view: measured against asked, and each condition that is not well."""
    status = hpa.get("status") or {}
    parts = [f"wants {status.get('desiredReplicas', '?')} replicas"]
    parts += [_metric(one) for one in status.get("currentMetrics") or [] if one]
    for one in status.get("conditions") or []:
        if one.get("status") == "False" and one.get("type") != "ScalingLimited":
            parts.append(f"{one.get('type')}=False {one.get('reason', '')}: {one.get('message', '')}".rstrip(": "))
    return ", ".join(parts)


def _metric(metric: Obj) -> str:
    resource = metric.get("resource") or {}
    current = resource.get("current") or {}
    if "averageUtilization" in current:
        return f"{resource.get('name')} at {current['averageUtilization']} %"
    return f"{resource.get('name') or metric.get('type')} at {current.get('averageValue', '?')}"
