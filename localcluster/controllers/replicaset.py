"""ReplicaSets keep a number of equal pods."""

import asyncio

from localcluster.client import ApiError, Obj
from localcluster.controllers import clock, conditions, podstate
from localcluster.controllers.adoption import claim
from localcluster.controllers.batches import slow_start
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.controller import Controller
from localcluster.controllers.templates import pod_from, random_name

_BURST = 500  # pods made or ended in one look, as upstream
_COST = "controller.kubernetes.io/pod-deletion-cost"


class ReplicaSets(Controller):
    """Creates, adopts, releases and ends pods."""

    name = "replicaset-controller"

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self.follow_self("replicasets.apps")
        self.follow_owned("pods", "ReplicaSet", "replicasets.apps")

    async def sync(self, namespace: str, name: str) -> None:
        """Make as many pods as asked."""
        owner = self.cluster.get("replicasets.apps", namespace, name)
        if owner is None:
            return
        pods = [pod for pod in await claim(self.cluster, "pods", owner) if podstate.is_active(pod)]
        failure = None
        if "deletionTimestamp" not in owner["metadata"]:
            failure = await self._scale(owner, pods)
        await self._report(owner, failure)
        if failure is not None:
            raise failure

    async def _scale(self, owner: Obj, pods: list[Obj]) -> ApiError | None:
        missing = owner["spec"].get("replicas", 1) - len(pods)
        if missing > 0:
            names = [random_name(owner["metadata"]["name"]) for _ in range(min(missing, _BURST))]
            _, failure = await slow_start(names, lambda name: self._create(owner, name))
            return failure
        if missing < 0:
            victims = sorted(pods, key=lambda pod: _rank(pod, pods))[: min(-missing, _BURST)]
            await asyncio.gather(*(self._end(owner, pod) for pod in victims))
        return None

    async def _create(self, owner: Obj, name: str) -> None:
        try:
            pod = await self.cluster.create("pods", pod_from(owner["spec"]["template"], owner, name))
        except ApiError as error:
            self.tell(owner, "Warning", "FailedCreate", f"Error creating: {error.message}")
            raise
        self.tell(owner, "Normal", "SuccessfulCreate", f"Created pod: {pod['metadata']['name']}")

    async def _end(self, owner: Obj, pod: Obj) -> None:
        await self.cluster.delete("pods", pod)
        self.tell(owner, "Normal", "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")

    async def _report(self, owner: Obj, failure: ApiError | None) -> None:
        pods = [pod for pod in self.cluster.owned("pods", owner) if podstate.is_active(pod)]
        minimum = owner["spec"].get("minReadySeconds", 0)
        waits = [podstate.available_in(pod, minimum) for pod in pods]
        labels = (owner["spec"]["template"].get("metadata") or {}).get("labels") or {}
        status = {
            "replicas": len(pods),
            "fullyLabeledReplicas": sum(labels.items() <= pod["metadata"].get("labels", {}).items() for pod in pods),
            "readyReplicas": sum(wait is not None for wait in waits),
            "availableReplicas": sum(wait == 0 for wait in waits),
            "observedGeneration": owner["metadata"].get("generation", 0),
            "conditions": _conditions(owner, failure),
        }
        await self.cluster.set_status(
            "replicasets.apps", owner, {key: value for key, value in status.items() if value or key == "replicas"}
        )
        if later := [wait for wait in waits if wait]:
            self.queue.add_after((owner["metadata"]["namespace"], owner["metadata"]["name"]), min(later))


def _conditions(owner: Obj, failure: ApiError | None) -> list[Obj]:
    found = [dict(one) for one in (owner.get("status") or {}).get("conditions") or ()]
    if failure is None:
        conditions.drop(found, "ReplicaFailure")
    else:
        conditions.put(found, "ReplicaFailure", "True", "FailedCreate", failure.message)
    return found


def _rank(pod: Obj, pods: list[Obj]) -> tuple[float, ...]:
    """Order pods by how little is lost with them: unassigned, pending, unready, cheap, crowded, young, restarting."""
    node = podstate.node_of(pod)
    ready = conditions.find(pod.get("status") or {}, "Ready") or {}
    is_ready = ready.get("status") == "True"
    cost = int((pod["metadata"].get("annotations") or {}).get(_COST, "0"))
    neighbours = sum(podstate.node_of(other) == node for other in pods)
    since = clock.age(ready["lastTransitionTime"]) if is_ready and ready.get("lastTransitionTime") else 0.0
    restarts = sum(one.get("restartCount", 0) for one in (pod.get("status") or {}).get("containerStatuses") or ())
    phase = {"Pending": 0, "Unknown": 1, "Running": 2}.get(podstate.phase(pod), 2)
    created = clock.age(pod["metadata"]["creationTimestamp"])
    return (bool(node), phase, is_ready, cost, -neighbours, since, -restarts, created)
