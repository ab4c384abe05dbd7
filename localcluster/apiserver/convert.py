"""Kinds that are served in a second version: autoscaling/v1 beside v2, events.k8s.io/v1 beside v1."""

from collections.abc import Callable

from localcluster.apiserver.resources import Resource
from localcluster.client import Obj

_EVENT = {
    "reportingController": "reportingComponent",
    "note": "message",
    "regarding": "involvedObject",
    "deprecatedCount": "count",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedSource": "source",
}
_EVENT_BACK = {stored: served for served, stored in _EVENT.items()}


def to_stored(resource: Resource, obj: Obj) -> Obj:
    """Give the object in the version that is stored, without apiVersion and kind being right yet."""
    if convert := _TO_STORED.get(resource.api_version + resource.kind):
        return convert(obj)
    return obj


def to_served(resource: Resource, obj: Obj) -> Obj:
    """Give a stored object as the requested version shows it."""
    if convert := _TO_SERVED.get(resource.api_version + resource.kind):
        return convert(obj) | {"apiVersion": resource.api_version}
    return obj


def is_converted(resource: Resource) -> bool:
    """Say whether stored objects must be converted for this version."""
    return resource.api_version + resource.kind in _TO_SERVED


def _autoscaler_to_v2(obj: Obj) -> Obj:
    spec = dict(obj.get("spec", {}))
    percent = spec.pop("targetCPUUtilizationPercentage", None)
    if percent is not None:
        target = {"type": "Utilization", "averageUtilization": percent}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    status = dict(obj.get("status", {}))
    status.pop("currentCPUUtilizationPercentage", None)
    return obj | {"spec": spec} | ({"status": status} if status else {})


def _autoscaler_to_v1(obj: Obj) -> Obj:
    spec, status = dict(obj["spec"]), dict(obj.get("status", {}))
    wanted = _cpu(spec.pop("metrics", []), "target")
    spec.pop("behavior", None)
    seen = _cpu(status.pop("currentMetrics", None) or [], "current")
    status.pop("conditions", None)
    status.setdefault("currentReplicas", 0)
    return obj | {
        "spec": spec | ({"targetCPUUtilizationPercentage": wanted} if wanted is not None else {}),
        "status": status | ({"currentCPUUtilizationPercentage": seen} if seen is not None else {}),
    }


def _cpu(metrics: list[Obj], side: str) -> int | None:
    for metric in metrics:
        resource = metric.get("resource") or {}
        if resource.get("name") == "cpu":
            percent: int | None = resource.get(side, {}).get("averageUtilization")
            return percent
    return None


def _event_to_stored(obj: Obj) -> Obj:
    return {_EVENT.get(key, key): value for key, value in obj.items()}


def _event_to_served(obj: Obj) -> Obj:
    served = {_EVENT_BACK.get(key, key): value for key, value in obj.items()}
    if not served.get("eventTime"):  # upstream gives null, which typed clients cannot read
        served["eventTime"] = obj.get("firstTimestamp") or obj["metadata"]["creationTimestamp"]
    return served


_TO_STORED: dict[str, Callable[[Obj], Obj]] = {
    "autoscaling/v1HorizontalPodAutoscaler": _autoscaler_to_v2,
    "events.k8s.io/v1Event": _event_to_stored,
}
_TO_SERVED: dict[str, Callable[[Obj], Obj]] = {
    "autoscaling/v1HorizontalPodAutoscaler": _autoscaler_to_v1,
    "events.k8s.io/v1Event": _event_to_served,
}
