"""What a StatefulSet says about its pods, and which revision a pod is made from."""

from dataclasses import dataclass

from localcluster.client import Obj
from localcluster.controllers import history, podstate
from localcluster.controllers.rollout import replicas


@dataclass(frozen=True)
class Revisions:
    """What the pods were (`current`) and what they shall become (`update`)."""

    current: Obj
    update: Obj

    def for_new(self, owner: Obj, number: int) -> Obj:
        """Choose for a missing pod: below the partition, or not yet reached by the update, it stays what it was."""
        strategy = owner["spec"].get("updateStrategy") or {}
        if strategy.get("type") == "OnDelete":
            return self.update
        start = (owner["spec"].get("ordinals") or {}).get("start", 0)
        partition = (strategy.get("rollingUpdate") or {}).get("partition") or 0
        reached = partition or (owner.get("status") or {}).get("currentReplicas", 0)
        return self.current if number < start + reached else self.update


def compute(owner: Obj, pods: list[Obj], found: Revisions | None) -> Obj:
    """Give the status; without revisions (the set is going) the old ones stay."""
    old = owner.get("status") or {}
    current = found.current["metadata"]["name"] if found else old.get("currentRevision", "")
    update = found.update["metadata"]["name"] if found else old.get("updateRevision", "")
    minimum = owner["spec"].get("minReadySeconds", 0)
    ready = [pod for pod in pods if podstate.phase(pod) == "Running" and podstate.is_ready(pod)]
    alive = [pod for pod in pods if not podstate.is_terminating(pod)]
    status = {
        "observedGeneration": owner["metadata"].get("generation", 0),
        "replicas": len(pods),
        "readyReplicas": len(ready),
        "availableReplicas": sum(podstate.is_available(pod, minimum) for pod in ready),
        "currentReplicas": _count(alive, current),
        "updatedReplicas": _count(alive, update),
        "currentRevision": current,
        "updateRevision": update,
        "collisionCount": old.get("collisionCount", 0),
    }
    if update != current and _is_through(owner, status):
        status |= {"currentRevision": update, "currentReplicas": status["updatedReplicas"]}
    always = ("replicas", "availableReplicas", "collisionCount")
    return {key: value for key, value in status.items() if value or key in always}


def _is_through(owner: Obj, status: Obj) -> bool:
    wanted = replicas(owner)
    rolling = (owner["spec"].get("updateStrategy") or {}).get("type", "RollingUpdate") == "RollingUpdate"
    return rolling and all(status[key] == wanted for key in ("updatedReplicas", "readyReplicas", "replicas"))


def _count(pods: list[Obj], revision: str) -> int:
    return sum((pod["metadata"].get("labels") or {}).get(history.LABEL) == revision for pod in pods)
