"""A pod's state in a word, as `kubectl get pods` shows it."""

from localcluster.apiserver.ages import age
from localcluster.client import Obj


def pod_ready(pod: Obj) -> str:
    """Ready containers of all that are to run; a sidecar is one of them."""
    ready = sum(1 for one in _statuses(pod) if one.get("ready") and "running" in one.get("state", {}))
    ready += sum(1 for one in _sidecars(pod) if one.get("ready") and one.get("started"))
    sidecars = [one for one in pod["spec"].get("initContainers", ()) if _restartable(one)]
    return f"{ready}/{len(pod['spec'].get('containers', ())) + len(sidecars)}"


def pod_restarts(pod: Obj) -> str:
    """Restarts of all that are to run (of the init containers, while those run), and when the last was."""
    counted = [*_statuses(pod), *_sidecars(pod)]
    if _initializing(pod) and not _initialized(pod):
        counted = list(pod.get("status", {}).get("initContainerStatuses", ()))
    total = sum(one.get("restartCount", 0) for one in counted)
    ends = [one.get("lastState", {}).get("terminated", {}).get("finishedAt") for one in counted]
    last = max((one for one in ends if one), default=None)
    return f"{total} ({age(last)} ago)" if total and last else str(total)


def _statuses(pod: Obj) -> list[Obj]:
    return list(pod.get("status", {}).get("containerStatuses", ()))


def _sidecars(pod: Obj) -> list[Obj]:
    names = {one["name"] for one in pod["spec"].get("initContainers", ()) if _restartable(one)}
    return [one for one in pod.get("status", {}).get("initContainerStatuses", ()) if one["name"] in names]


def _restartable(container: Obj) -> bool:
    return bool(container.get("restartPolicy") == "Always")


def _initialized(pod: Obj) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(one["type"] == "Initialized" and one["status"] == "True" for one in conditions)


def pod_status(pod: Obj) -> str:
    """The word: a phase, a container's reason, Init:1/2, Terminating, ..."""
    status, meta = pod.get("status", {}), pod["metadata"]
    word = status.get("reason") or status.get("phase", "")
    beginning = None if _initialized(pod) else _initializing(pod)
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
