"""Pods leave nodes with NoExecute taints that they do not tolerate, or not for ever."""

from datetime import datetime

from localcluster.client import Obj
from localcluster.controllers import clock, conditions, podstate
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.controller import Controller
from localcluster.controllers.kinds import key_of
from localcluster.controllers.placement import tolerates


class TaintEviction(Controller):
    """Works on pods that have a node."""

    name = "taint-eviction-controller"

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        # when a pod was first seen on a tainted node, by pod uid: taints set by people carry no time
        self._since: dict[str, datetime] = {}
        cluster.informer("pods").subscribe(self._pod_changed)
        cluster.informer("nodes").subscribe(self._node_changed)

    async def sync(self, namespace: str, name: str) -> None:
        """End the pod if its time on the node is over, else come back then."""
        pod = self.cluster.get("pods", namespace, name)
        if pod is None or not podstate.is_active(pod):
            return
        node = self.cluster.get("nodes", None, podstate.node_of(pod))
        if node is None or not _taints(node):
            self._since.pop(pod["metadata"]["uid"], None)
            return
        wait = _patience(pod, node, self._since.setdefault(pod["metadata"]["uid"], clock.now()))
        if wait is None:
            return
        if wait > 0:
            self.queue.add_after((namespace, name), wait)
            return
        self.tell(pod, "Normal", "TaintManagerEviction", f"Marking for deletion Pod {namespace}/{name}")
        known = [dict(one) for one in (pod.get("status") or {}).get("conditions") or ()]
        message = "Taint manager: deleting due to NoExecute taint"
        conditions.put(known, "DisruptionTarget", "True", "DeletionByTaintManager", message)
        await self.cluster.patch("pods", pod, {"status": {"conditions": known}}, subresource="status")
        await self.cluster.delete("pods", pod)

    def _pod_changed(self, kind: str, old: Obj | None, new: Obj | None) -> None:
        if kind == "DELETED":
            self._since.pop((old or {"metadata": {}})["metadata"].get("uid", ""), None)
        elif new is not None and podstate.node_of(new) and (old is None or old["spec"] != new["spec"]):
            self._look(new)

    def _node_changed(self, _kind: str, old: Obj | None, new: Obj | None) -> None:
        if new is None or (old is not None and old["spec"].get("taints") == new["spec"].get("taints")):
            return
        for pod in self.cluster.items("pods"):
            if podstate.node_of(pod) == new["metadata"]["name"]:
                self._look(pod)

    def _look(self, pod: Obj) -> None:
        node = self.cluster.get("nodes", None, podstate.node_of(pod))
        if node is not None and (_taints(node) or pod["metadata"]["uid"] in self._since):
            self.queue.add(key_of(pod))


def _taints(node: Obj) -> list[Obj]:
    return [one for one in node["spec"].get("taints") or () if one["effect"] == "NoExecute"]


def _patience(pod: Obj, node: Obj, seen: datetime) -> float | None:
    """Give the seconds that the pod may still stay, None for ever. `seen` counts for taints without a time."""
    waits = []
    for taint in _taints(node):
        fitting = [one for one in pod["spec"].get("tolerations") or () if tolerates(one, taint)]
        if not fitting:
            return 0.0
        limits = [one["tolerationSeconds"] for one in fitting if one.get("tolerationSeconds") is not None]
        if limits:
            since = clock.parse(taint["timeAdded"]) if taint.get("timeAdded") else seen
            waits.append(max(0.0, min(limits) - (clock.now() - since).total_seconds()))
    return min(waits, default=None)
