"""DaemonSets keep one pod on every node that suits."""

import asyncio
from copy import deepcopy

from localcluster.client import ApiError, Obj
from localcluster.controllers import history, placement, podstate
from localcluster.controllers.adoption import claim
from localcluster.controllers.batches import slow_start
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.controller import Controller
from localcluster.controllers.kinds import key_of
from localcluster.controllers.rollout import scaled
from localcluster.controllers.templates import pod_from, random_name

_DS = "daemonsets.apps"
_TOLERATED = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)


class DaemonSets(Controller):
    """Works on DaemonSets; a pod reaches its node through the scheduler, by node affinity, as upstream."""

    name = "daemonset-controller"

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self.follow_self(_DS)
        self.follow_owned("pods", "DaemonSet", _DS)
        cluster.informer("controllerrevisions.apps")
        cluster.informer("nodes").subscribe(self._node_changed)

    async def sync(self, namespace: str, name: str) -> None:
        """Add and end pods, replace old ones, report."""
        owner = self.cluster.get(_DS, namespace, name)
        if owner is None or "deletionTimestamp" in owner["metadata"]:
            return
        update = await history.current(self.cluster, owner)
        pods = await claim(self.cluster, "pods", owner)
        failure = await self._fill(owner, update, pods)
        await self._replace(owner, update)
        await self._report(owner, update)
        await history.trim(self.cluster, owner, {_revision(pod) for pod in pods} | {update["metadata"]["name"]})
        if failure is not None:
            raise failure

    async def _fill(self, owner: Obj, update: Obj, pods: list[Obj]) -> ApiError | None:
        by_node = _by_node(pods)
        suited = {node["metadata"]["name"]: node for node in self.cluster.items("nodes") if _suits(owner, node)}
        surplus = []
        for node, here in by_node.items():
            alive = sorted(
                (pod for pod in here if not podstate.is_terminating(pod)), key=lambda pod: not podstate.is_ready(pod)
            )
            keep = 1 if node in suited else 0
            surplus += [pod for index, pod in enumerate(alive) if index >= keep or podstate.is_finished(pod)]
        await asyncio.gather(*(self._end(owner, pod) for pod in surplus))
        missing = [node for node in suited if not by_node.get(node)]
        _, failure = await slow_start(missing, lambda node: self._create(owner, update, node))
        return failure

    async def _replace(self, owner: Obj, update: Obj) -> None:
        strategy = owner["spec"].get("updateStrategy") or {}
        if strategy.get("type") == "OnDelete":
            return
        pods = self.cluster.owned("pods", owner)
        wanted = sum(_suits(owner, node) for node in self.cluster.items("nodes"))
        limit = max(1, scaled((strategy.get("rollingUpdate") or {}).get("maxUnavailable", 1), wanted, up=True))
        minimum = owner["spec"].get("minReadySeconds", 0)
        old = [pod for pod in pods if _revision(pod) != update["metadata"]["name"] and not podstate.is_terminating(pod)]
        down = [pod for pod in old if not podstate.is_available(pod, minimum)]
        up = [pod for pod in old if podstate.is_available(pod, minimum)]
        available = sum(podstate.is_available(pod, minimum) and not podstate.is_terminating(pod) for pod in pods)
        room = max(0, limit - (wanted - available))
        await asyncio.gather(*(self._end(owner, pod) for pod in [*down, *up[:room]]))

    async def _create(self, owner: Obj, update: Obj, node: str) -> None:
        name = random_name(owner["metadata"]["name"])
        pod = pod_from(owner["spec"]["template"], owner, name)
        pod["metadata"]["labels"] |= {history.LABEL: update["metadata"]["name"].rpartition("-")[2]}
        _pin(pod["spec"], node)
        try:
            await self.cluster.create("pods", pod)
        except ApiError as error:
            self.tell(owner, "Warning", "FailedCreate", f"Error creating: {error.message}")
            raise
        self.tell(owner, "Normal", "SuccessfulCreate", f"Created pod: {name}")

    async def _end(self, owner: Obj, pod: Obj) -> None:
        await self.cluster.delete("pods", pod)
        self.tell(owner, "Normal", "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")

    async def _report(self, owner: Obj, update: Obj) -> None:
        by_node = _by_node(self.cluster.owned("pods", owner))
        suited = {node["metadata"]["name"] for node in self.cluster.items("nodes") if _suits(owner, node)}
        here = [pods[0] for node, pods in by_node.items() if node in suited]
        minimum = owner["spec"].get("minReadySeconds", 0)
        waits = [podstate.available_in(pod, minimum) for pod in here]
        available = sum(wait == 0 for wait in waits)
        status = {
            "observedGeneration": owner["metadata"].get("generation", 0),
            "desiredNumberScheduled": len(suited),
            "currentNumberScheduled": len(here),
            "numberMisscheduled": sum(node not in suited for node in by_node),
            "numberReady": sum(wait is not None for wait in waits),
            "numberAvailable": available,
            "numberUnavailable": len(suited) - available,
            "updatedNumberScheduled": sum(_revision(pod) == update["metadata"]["name"] for pod in here),
        }
        always = ("desiredNumberScheduled", "currentNumberScheduled", "numberMisscheduled", "numberReady")
        await self.cluster.set_status(
            _DS, owner, {key: value for key, value in status.items() if value or key in always}
        )
        if later := [wait for wait in waits if wait]:
            self.queue.add_after(key_of(owner), min(later))

    def _node_changed(self, _kind: str, old: Obj | None, new: Obj | None) -> None:
        if (
            old
            and new
            and old["spec"] == new["spec"]
            and old["metadata"].get("labels") == new["metadata"].get("labels")
        ):
            return
        for owner in self.cluster.items(_DS):
            self.queue.add(key_of(owner))


def _revision(pod: Obj) -> str:
    """The name of the ControllerRevision that the pod was made from; its label has the hash only."""
    labels = pod["metadata"].get("labels") or {}
    owner = next((one["name"] for one in pod["metadata"].get("ownerReferences") or () if one.get("controller")), "")
    return f"{owner}-{labels.get(history.LABEL, '')}"


def _by_node(pods: list[Obj]) -> dict[str, list[Obj]]:
    found: dict[str, list[Obj]] = {}
    for pod in pods:
        found.setdefault(podstate.node_of(pod) or _target(pod), []).append(pod)
    return found


def _target(pod: Obj) -> str:
    """The node that a pod without one is meant for."""
    affinity = ((pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    ) or {}
    for term in affinity.get("nodeSelectorTerms") or ():
        for field in term.get("matchFields") or ():
            return str(field["values"][0])
    return ""


def _suits(owner: Obj, node: Obj) -> bool:
    spec = deepcopy(owner["spec"]["template"]["spec"])
    _tolerate(spec)
    return placement.matches_node(spec, node) and placement.untolerated(spec, node) is None


def _tolerate(spec: Obj) -> None:
    tolerations = list(spec.get("tolerations") or ())
    wanted = [{"key": key, "operator": "Exists", "effect": effect} for key, effect in _TOLERATED]
    # NoSchedule too: a node that is not ready gets its daemons before it is
    wanted += [{"key": key, "operator": "Exists", "effect": "NoSchedule"} for key, _ in _TOLERATED[:2]]
    spec["tolerations"] = tolerations + [one for one in wanted if one not in tolerations]


def _pin(spec: Obj, node: str) -> None:
    """Let only this node match, keeping what else the affinity asks for."""
    _tolerate(spec)
    field = {"key": "metadata.name", "operator": "In", "values": [node]}
    wishes = spec.setdefault("affinity", {}).setdefault("nodeAffinity", {})
    required = wishes.setdefault("requiredDuringSchedulingIgnoredDuringExecution", {})
    terms = required.get("nodeSelectorTerms") or [{}]
    required["nodeSelectorTerms"] = [{**term, "matchFields": [field]} for term in terms]
