"""What a Pod object says about its pod: pure reading, no requests."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel

from runner.core.target import Obj


class PodSeen(BaseModel):
    """A pod as steps register it."""

    name: str
    namespace: str
    uid: str
    node: str
    """Empty while it is not scheduled."""
    ip: str
    phase: str
    ready: bool
    restarts: int
    """Of all its containers together."""
    labels: dict[str, str]
    containers: list[str]
    """Ids of the containers that have been started."""
    why: str
    """Why it is not Ready; empty when it is."""
    restarted: float | None
    """Seconds since the last restart of one of its containers; None when there was none."""


def seen(pod: Obj, now: float = 0.0) -> PodSeen:
    """The pod in short. `now`: the API server's clock, UTC seconds."""
    metadata, status = pod["metadata"], pod.get("status") or {}
    return PodSeen(
        name=metadata["name"],
        namespace=metadata.get("namespace") or "",
        uid=metadata.get("uid") or "",
        node=(pod.get("spec") or {}).get("nodeName") or "",
        ip=status.get("podIP") or "",
        phase=status.get("phase") or "Pending",
        ready=is_ready(pod),
        restarts=sum(one.get("restartCount", 0) for one in _containers(pod)),
        labels=metadata.get("labels") or {},
        containers=[one["containerID"] for one in _containers(pod) if one.get("containerID")],
        why="" if is_ready(pod) else why_not_ready(pod),
        restarted=_since_restart(pod, now),
    )


def is_active(pod: Obj) -> bool:
    """Neither on its way out nor finished: a pod that a controller would count."""
    return not pod["metadata"].get("deletionTimestamp") and _phase(pod) not in ("Succeeded", "Failed")


def is_ready(pod: Obj) -> bool:
    """Its Ready condition is True, and it is not on its way out."""
    conditions = (pod.get("status") or {}).get("conditions") or []
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return ready and not pod["metadata"].get("deletionTimestamp")


def why_not_ready(pod: Obj) -> str:
    """The first cause that the object names: `Pending: Unschedulable: 0/3 nodes…`, `CrashLoopBackOff, 4 restarts`."""
    if pod["metadata"].get("deletionTimestamp"):
        return "being deleted"
    for status in _containers(pod, init=True):
        trouble = _container_trouble(status)
        if trouble:
            return trouble
    for condition in (pod.get("status") or {}).get("conditions") or []:
        if condition["type"] in ("PodScheduled", "Ready") and condition["status"] != "True":
            said = ": ".join(filter(None, (condition.get("reason"), condition.get("message"))))
            return f"{_phase(pod)}: {said}" if said else str(_phase(pod))
    return str(_phase(pod))


def running_containers(pod: Obj) -> list[str]:
    """Names of the containers that run now."""
    return [one["name"] for one in _containers(pod) if "running" in (one.get("state") or {})]


def seconds_of(stamp: str) -> float:
    """A Kubernetes time stamp (RFC 3339) as UTC seconds."""
    return datetime.fromisoformat(stamp).timestamp()


def _phase(pod: Obj) -> str:
    return (pod.get("status") or {}).get("phase") or "Pending"


def _containers(pod: Obj, *, init: bool = False) -> list[Any]:
    status = pod.get("status") or {}
    return [*((status.get("initContainerStatuses") or []) if init else []), *(status.get("containerStatuses") or [])]


def _container_trouble(status: Any) -> str:
    state = status.get("state") or {}
    restarts = f", {status['restartCount']} restarts" if status.get("restartCount") else ""
    waiting, ended = state.get("waiting"), state.get("terminated")
    if waiting and waiting.get("reason") not in (None, "PodInitializing", "ContainerCreating"):
        return f"{status['name']}: {waiting['reason']}{restarts}"
    if ended and ended.get("exitCode"):
        return f"{status['name']}: ended with code {ended['exitCode']}{restarts}"
    if "running" in state and not status.get("ready") and status.get("started") is not False:
        return f"{status['name']}: runs but is not ready{restarts}"
    return ""


def _since_restart(pod: Obj, now: float) -> float | None:
    ages = [
        now - seconds_of(stamp) for one in _containers(pod) if one.get("restartCount") for stamp in _restart_stamps(one)
    ]
    return max(0.0, min(ages)) if ages else None


def _restart_stamps(status: Any) -> list[str]:
    running = (status.get("state") or {}).get("running") or {}
    ended = (status.get("lastState") or {}).get("terminated") or {}
    return [stamp for stamp in (running.get("startedAt"), ended.get("finishedAt")) if stamp]
