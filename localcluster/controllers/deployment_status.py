"""What a Deployment says about its roll-out: counts, and the conditions Available, Progressing and ReplicaFailure."""

from localcluster.client import Obj
from localcluster.controllers import clock, conditions
from localcluster.controllers.rollout import leeway, replicas

_NO_DEADLINE = 2**31 - 1


def compute(deployment: Obj, new: Obj | None, sets: list[Obj]) -> Obj:
    """Give the status; pure but for the time in conditions."""
    old = deployment.get("status") or {}
    status = {
        "observedGeneration": deployment["metadata"].get("generation", 0),
        "replicas": _sum(sets, "replicas"),
        "updatedReplicas": _sum([new] if new else [], "replicas"),
        "readyReplicas": _sum(sets, "readyReplicas"),
        "availableReplicas": _sum(sets, "availableReplicas"),
        "collisionCount": old.get("collisionCount", 0),
    }
    status["unavailableReplicas"] = max(0, sum(replicas(one) for one in sets) - status["availableReplicas"])
    found = [dict(one) for one in old.get("conditions") or ()]
    _judge_availability(deployment, status["availableReplicas"], found)
    _judge_failure(new, sets, found)
    _judge_progress(deployment, new, old, status, found)
    counts = {key: value for key, value in status.items() if value}
    return counts | ({"conditions": found} if found else {})


def deadline_in(deployment: Obj, status: Obj) -> float | None:
    """Give the seconds until a roll-out that stands still counts as failed; None when none is under way."""
    progressing = conditions.find(status, "Progressing")
    limit = _limit(deployment)
    if (
        progressing is None
        or limit is None
        or progressing["reason"] in ("NewReplicaSetAvailable", "ProgressDeadlineExceeded")
    ):
        return None
    since = progressing.get("lastUpdateTime") or progressing["lastTransitionTime"]
    return max(1.0, limit + 1 - clock.age(since))


def is_complete(deployment: Obj, status: Obj) -> bool:
    """Say whether every pod is of the new template and available, and no other is left."""
    wanted = replicas(deployment)
    counts = (status.get(key, 0) for key in ("updatedReplicas", "replicas", "availableReplicas"))
    return all(count == wanted for count in counts)


def _judge_availability(deployment: Obj, available: int, found: list[Obj]) -> None:
    if available >= replicas(deployment) - leeway(deployment).unavailable:
        message = "Deployment has minimum availability."
        conditions.put(found, "Available", "True", "MinimumReplicasAvailable", message, updated=True)
    else:
        message = "Deployment does not have minimum availability."
        conditions.put(found, "Available", "False", "MinimumReplicasUnavailable", message, updated=True)


def _judge_failure(new: Obj | None, sets: list[Obj], found: list[Obj]) -> None:
    suspects = [one for one in [new, *sets] if one is not None]
    for one in suspects:
        failure = conditions.find(one.get("status") or {}, "ReplicaFailure")
        if failure is not None:
            conditions.put(
                found, "ReplicaFailure", failure["status"], failure["reason"], failure["message"], updated=True
            )
            return
    conditions.drop(found, "ReplicaFailure")


def _judge_progress(deployment: Obj, new: Obj | None, old: Obj, status: Obj, found: list[Obj]) -> None:
    name = new["metadata"]["name"] if new else deployment["metadata"]["name"]
    current = conditions.find({"conditions": found}, "Progressing")
    if deployment["spec"].get("paused"):
        conditions.put(found, "Progressing", "Unknown", "DeploymentPaused", "Deployment is paused", updated=True)
    elif (
        current
        and current["reason"] == "NewReplicaSetAvailable"
        and status["updatedReplicas"] == status["replicas"]
        and new
    ):
        # a finished roll-out stays finished though pods come and go
        if f'"{name}"' not in current["message"]:
            _progress(found, name, "ReplicaSetUpdated", "is progressing.")
    elif is_complete(deployment, status) and new is not None:
        _progress(found, name, "NewReplicaSetAvailable", "has successfully progressed.")
    elif _moved(old, status) or current is None or current["reason"] == "DeploymentPaused":
        first = current is None and new is not None and not status["replicas"]
        reason, words = ("NewReplicaSetCreated", "Created new replica set") if first else ("ReplicaSetUpdated", "")
        if first:
            conditions.put(found, "Progressing", "True", reason, f'{words} "{name}"', updated=True)
        else:
            _progress(found, name, reason, "is progressing.", again=True)
    elif _is_late(deployment, current):
        message = f'ReplicaSet "{name}" has timed out progressing.'
        conditions.put(found, "Progressing", "False", "ProgressDeadlineExceeded", message, updated=True)


def _progress(found: list[Obj], name: str, reason: str, words: str, *, again: bool = False) -> None:
    conditions.put(found, "Progressing", "True", reason, f'ReplicaSet "{name}" {words}', updated=True)
    if again:
        next(one for one in found if one["type"] == "Progressing")["lastUpdateTime"] = clock.stamp()


def _moved(old: Obj, status: Obj) -> bool:
    def count(of: Obj, key: str) -> int:
        return int(of.get(key, 0))

    shrunk = count(status, "replicas") - count(status, "updatedReplicas") < count(old, "replicas") - count(
        old, "updatedReplicas"
    )
    grown = any(
        count(status, key) > count(old, key) for key in ("updatedReplicas", "readyReplicas", "availableReplicas")
    )
    return shrunk or grown


def _is_late(deployment: Obj, progressing: Obj) -> bool:
    limit = _limit(deployment)
    if limit is None or progressing["reason"] == "NewReplicaSetAvailable":
        return False
    since = progressing.get("lastUpdateTime") or progressing["lastTransitionTime"]
    return clock.age(since) > limit


def _limit(deployment: Obj) -> int | None:
    seconds = deployment["spec"].get("progressDeadlineSeconds", 600)
    return None if seconds is None or seconds >= _NO_DEADLINE else int(seconds)


def _sum(sets: list[Obj], key: str) -> int:
    return sum(int((one.get("status") or {}).get(key, 0)) for one in sets)
