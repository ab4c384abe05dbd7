"""Questions about a pod that every controller asks."""

from localcluster.client import Obj
from localcluster.controllers import clock, conditions


def phase(pod: Obj) -> str:
    """Give the phase; a pod without status is Pending."""
    return str((pod.get("status") or {}).get("phase") or "Pending")


def is_finished(pod: Obj) -> bool:
    """Say whether it ended for good."""
    return phase(pod) in ("Succeeded", "Failed")


def is_terminating(pod: Obj) -> bool:
    """Say whether it was asked to go."""
    return "deletionTimestamp" in pod["metadata"]


def is_active(pod: Obj) -> bool:
    """Say whether it counts as a replica: neither ended nor asked to go."""
    return not is_finished(pod) and not is_terminating(pod)


def is_ready(pod: Obj) -> bool:
    """Say whether its Ready condition is True."""
    return conditions.is_true(pod.get("status") or {}, "Ready")


def available_in(pod: Obj, min_ready_seconds: int) -> float | None:
    """Give the seconds until a ready pod counts as available (0: it is); None when it is not ready."""
    ready = conditions.find(pod.get("status") or {}, "Ready")
    if ready is None or ready["status"] != "True":
        return None
    if not min_ready_seconds or not ready.get("lastTransitionTime"):
        return 0.0
    return max(0.0, min_ready_seconds - clock.age(ready["lastTransitionTime"]))


def is_available(pod: Obj, min_ready_seconds: int) -> bool:
    """Say whether it has been ready for that long."""
    return available_in(pod, min_ready_seconds) == 0


def node_of(pod: Obj) -> str:
    """Give the name of its node, or nothing."""
    return str(pod["spec"].get("nodeName") or "")
