"""A pod's state in a word, as `kubectl get pods` shows it."""

from localcluster.apiserver.ages import age
from localcluster.client import Obj


def pod_ready(pod: Obj) -> str:
    """Ready containers of all."""
    statuses = pod.get("status", {}).get("containerStatuses", ())
    ready = sum(1 for one in statuses if one.get("ready") and "running" in one.get("state", {}))
    return f"{ready}/{len(pod['spec'].get('containers', ()))}"


def pod_restarts(pod: Obj) -> str:
    """Restarts of all containers, and when the last was."""
    statuses = pod.get("status", {}).get("containerStatuses", ())
    total = sum(one.get("restartCount", 0) for one in statuses)
    ends = [one.get("lastState", {}).get("terminated", {}).get("finishedAt") for one in statuses]
    last = max((one for one in ends if one), default=None)
    return f"{total} ({age(last)} ago)" if total and last else str(total)


def pod_status(pod: Obj) -> str:
    """The word: a phase, a container's reason, Init:1/2, Terminating, ..."""
    status, meta = pod.get("status", {}), pod["metadata"]
    word = status.get("reason") or status.get("phase", "")
    beginning = _initializing(pod)
    word = beginning or _from_containers(status.get("containerStatuses", ()), word)
    if "deletionTimestamp" in meta and status.get("phase") not in ("Succeeded", "Failed"):
        return "Unknown" if status.get("reason") == "NodeLost" else "Terminating"
    return str(word)


def _initializing(pod: Obj) -> str | None:
    statuses = pod.get("status", {}).get("initContainerStatuses", ())
    total = len(pod["spec"].get("initContainers", ()))
    for index, one in enumerate(statuses):
        state = one.get("state", {})
        ended = state.get("terminated")
        if (ended and ended.get("exitCode") == 0) or (one.get("started") and "running" in state):
            continue
        if ended:
            return f"Init:{_reason_of_end(ended)}"
        reason = state.get("waiting", {}).get("reason")
        if reason and reason != "PodInitializing":
            return f"Init:{reason}"
        return f"Init:{index}/{total}"
    return None


def _from_containers(statuses: list[Obj] | tuple[()], word: str) -> str:
    running = False
    for one in reversed(statuses):
        state = one.get("state", {})
        if reason := state.get("waiting", {}).get("reason"):
            word = reason
        elif ended := state.get("terminated"):
            word = _reason_of_end(ended)
        elif one.get("ready") and "running" in state:
            running = True
    return (
        ("Running" if all(one.get("ready") for one in statuses) else "NotReady")
        if word == "Completed" and running
        else word
    )


def _reason_of_end(ended: Obj) -> str:
    if reason := ended.get("reason"):
        return str(reason)
    if signal := ended.get("signal"):
        return f"Signal:{signal}"
    return f"ExitCode:{ended.get('exitCode')}"
