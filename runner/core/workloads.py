"""Whether a Deployment, StatefulSet or DaemonSet has all its replicas, as `kubectl rollout status` reads it."""

from __future__ import annotations

from pydantic import BaseModel

from runner.core.target import Obj

KINDS = ("Deployment", "StatefulSet", "DaemonSet")


class WorkloadSeen(BaseModel):
    """A workload as steps register it."""

    name: str
    """`deployment/django`"""
    wanted: int
    ready: int
    why: str
    """Why it is not complete; empty when it is."""


def seen(workload: Obj) -> WorkloadSeen:
    """The workload in short."""
    status = workload.get("status") or {}
    daemon = workload["kind"] == "DaemonSet"
    return WorkloadSeen(
        name=f"{workload['kind'].lower()}/{workload['metadata']['name']}",
        wanted=_wanted(workload),
        ready=status.get("numberReady" if daemon else "readyReplicas") or 0,
        why=why_not_complete(workload),
    )


def why_not_complete(workload: Obj) -> str:
    """What is still missing from a complete rollout, with numbers; empty when nothing is."""
    status = workload.get("status") or {}
    if (status.get("observedGeneration") or 0) < (workload["metadata"].get("generation") or 0):
        return "its controller has not seen the last change yet"
    wanted = _wanted(workload)
    if workload["kind"] == "DaemonSet":
        updated, ready = status.get("updatedNumberScheduled") or 0, status.get("numberReady") or 0
        total = status.get("currentNumberScheduled") or 0
    else:
        updated, ready = status.get("updatedReplicas") or 0, status.get("readyReplicas") or 0
        total = status.get("replicas") or 0
    return _missing(wanted, updated if _rolls(workload) else wanted, ready, total)


def reference(text: str) -> tuple[str, str]:
    """`deployment/django` as kind and name.

    Raises:
        ValueError: it is no such reference.

    """
    word, _, name = text.partition("/")
    for kind in KINDS:
        if name and word.lower() in (kind.lower(), f"{kind.lower()}s"):
            return kind, name
    raise ValueError(f"{text!r} is no workload; write deployment/NAME, statefulset/NAME or daemonset/NAME")


def _missing(wanted: int, updated: int, ready: int, total: int) -> str:
    if updated < wanted:
        return f"{updated} of {wanted} replicas are of the new version"
    if ready < wanted:
        return f"{ready} of {wanted} replicas are Ready"
    if total > wanted:
        return f"{total - wanted} surplus replicas are still there"
    return ""


def _rolls(workload: Obj) -> bool:
    """Whether a change of the template reaches the pods by itself; with OnDelete it does not, and never completes."""
    spec = workload["spec"]
    strategy = spec.get("updateStrategy") or spec.get("strategy") or {}
    partition = (strategy.get("rollingUpdate") or {}).get("partition")
    return strategy.get("type") != "OnDelete" and not partition


def _wanted(workload: Obj) -> int:
    if workload["kind"] == "DaemonSet":
        return int((workload.get("status") or {}).get("desiredNumberScheduled") or 0)
    replicas = workload["spec"].get("replicas")
    return 1 if replicas is None else int(replicas)
