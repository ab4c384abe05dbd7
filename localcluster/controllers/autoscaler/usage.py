"""What pods use, from metrics.k8s.io, sorted as upstream does into those that count and those that do not yet."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from localcluster.client import ApiError, Obj
from localcluster.controllers import clock, conditions, podstate, requests
from localcluster.controllers.cluster import Cluster

_CPU_INITIALIZATION = 300.0  # seconds after its start in which a pod's CPU counts only while it is ready
_INITIAL_READINESS = 30.0  # seconds in which a pod that was never ready is not called unready


class MetricError(Exception):
    """The size cannot be reckoned; `reason` is the condition's CamelCase word."""

    def __init__(self, message: str, reason: str = "FailedGetResourceMetric") -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Sample:
    """Usage of one pod in thousandths (of a core, of a byte), when it was measured and over how many seconds."""

    value: int
    at: datetime
    window: float


@dataclass
class Groups:
    """Pods by name: `measured` count, `unready` and `missing` are guessed at, the others are ignored."""

    measured: dict[str, int]
    unready: set[str]
    missing: set[str]
    asked: dict[str, int]
    """What each pod of the three groups requests, in thousandths."""


async def fetch(cluster: Cluster, namespace: str, selector: str, resource: str, container: str) -> dict[str, Sample]:
    """Ask metrics.k8s.io; raises MetricError."""
    try:
        items, _ = await cluster.metrics.list("pods.metrics.k8s.io", namespace, label_selector=selector)
    except ApiError as error:
        why = "the server is currently unable to handle the request" if error.code == 503 else error.message
        text = f"unable to fetch metrics from resource metrics API: {why} (get pods.metrics.k8s.io)"
        raise MetricError(f"unable to get metrics for resource {resource}: {text}") from error
    if not items:
        raise MetricError(
            f"unable to get metrics for resource {resource}: no metrics returned from resource metrics API"
        )
    found = {item["metadata"]["name"]: _sample(item, resource, container) for item in items}
    return {name: sample for name, sample in found.items() if sample is not None}


def group(pods: list[Obj], samples: dict[str, Sample], resource: str, container: str) -> Groups:
    """Sort pods into groups; raises MetricError when one requests nothing."""
    groups = Groups({}, set(), set(), {})
    for pod in pods:
        name = pod["metadata"]["name"]
        if podstate.is_terminating(pod) or podstate.phase(pod) == "Failed":
            continue
        sample = samples.get(name)
        if podstate.phase(pod) == "Pending":
            groups.unready.add(name)
        elif sample is None:
            groups.missing.add(name)
        elif resource == "cpu" and _is_unready(pod, sample):
            groups.unready.add(name)
        else:
            groups.measured[name] = sample.value
        groups.asked[name] = asked(pod, resource, container)
    return groups


def asked(pod: Obj, resource: str, container: str) -> int:
    """Give what a pod (or one container of it) requests, in thousandths; 0 when it says nothing."""
    total = 0
    for one in pod["spec"]["containers"]:
        if container in ("", one["name"]):
            text = ((one.get("resources") or {}).get("requests") or {}).get(resource)
            if text is None:
                return 0
            total += requests.milli(text)
    return total


def demand_requests(pods: list[Obj], groups: Groups, resource: str, container: str) -> None:
    """Utilization needs requests; raises MetricError naming the first container without."""
    for pod in pods:
        name = pod["metadata"]["name"]
        if groups.asked.get(name) == 0:
            lacking = next(one["name"] for one in pod["spec"]["containers"] if container in ("", one["name"]))
            raise MetricError(f"missing request for {resource} in container {lacking} of Pod {name}")


def _sample(item: Obj, resource: str, container: str) -> Sample | None:
    total, seen = 0, False
    for one in item["containers"]:
        if container in ("", one["name"]):
            if resource not in one["usage"]:
                return None
            total, seen = total + requests.milli(one["usage"][resource]), True
    window = float(str(item.get("window", "0s")).removesuffix("s"))
    return Sample(total, clock.parse(item["timestamp"]), window) if seen else None


def _is_unready(pod: Obj, sample: Sample) -> bool:
    status = pod["status"]
    ready = conditions.find(status, "Ready")
    if ready is None or not status.get("startTime"):
        return True
    changed, started = clock.parse(ready["lastTransitionTime"]), clock.parse(status["startTime"])
    if (clock.now() - started).total_seconds() < _CPU_INITIALIZATION:
        # ready, but measured in part before it was: that is its start-up, not its load
        return bool(ready["status"] == "False" or sample.at < changed + timedelta(seconds=sample.window))
    return bool(ready["status"] == "False" and started + timedelta(seconds=_INITIAL_READINESS) > changed)
