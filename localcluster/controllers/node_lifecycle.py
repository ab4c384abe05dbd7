"""Nodes that no longer report are Unknown and tainted; pods of nodes that are not there are removed."""

import asyncio
import time

from localcluster.client import Obj
from localcluster.controllers import clock, conditions, podstate
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.controller import Controller

_LEASES, _LEASE_NAMESPACE = "leases.coordination.k8s.io", "kube-node-lease"
_GRACE = 8.0  # seconds without a renewed Lease until a node is Unknown (upstream 50; our kubelet renews every 2)
_QUARANTINE = 2.0  # seconds that a node may be away before its pods are removed (upstream 40)
_CONDITIONS = ("Ready", "MemoryPressure", "DiskPressure", "PIDPressure")
_UNREACHABLE, _NOT_READY = "node.kubernetes.io/unreachable", "node.kubernetes.io/not-ready"
_CORDONED = "node.kubernetes.io/unschedulable"
_OURS = (_UNREACHABLE, _NOT_READY, _CORDONED)


class NodeLifecycle(Controller):
    """Works on nodes."""

    name = "node-controller"
    workers = 1

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self._heard: dict[str, float] = {}
        self._missed: dict[str, float] = {}
        self.follow("nodes", lambda node: [("", node["metadata"]["name"])])
        self.follow("pods", self._homeless)
        cluster.informer(_LEASES).subscribe(self._lease_changed)

    async def sync(self, _: str, name: str) -> None:
        """Judge one node."""
        node = self.cluster.get("nodes", None, name)
        if node is None:
            await self._remove_pods(name)
            return
        self._missed.pop(name, None)
        silence = time.monotonic() - self._heard.setdefault(name, time.monotonic())
        if silence >= _GRACE:
            node = await self._unknown(node)
        else:
            self.queue.add_after(("", name), _GRACE - silence)
        await self._taint(node)
        if not conditions.is_true(node.get("status") or {}, "Ready"):
            await self._unready_pods(node)

    async def _unknown(self, node: Obj) -> Obj:
        status = dict(node.get("status") or {})
        ready = conditions.find(status, "Ready")
        if ready is not None and ready["status"] == "Unknown":
            return node
        known = [dict(one) for one in status.get("conditions") or ()]
        for kind in _CONDITIONS:
            conditions.put(known, kind, "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status.")
        node = await self.cluster.set_status("nodes", node, status | {"conditions": known})
        self.tell(node, "Normal", "NodeNotReady", f"Node {node['metadata']['name']} status is now: NodeNotReady")
        return node

    async def _taint(self, node: Obj) -> None:
        present = node["spec"].get("taints") or []
        wanted = _wanted_taints(node)
        known = {(one["key"], one["effect"]): one for one in present}
        kept = [one for one in present if one["key"] not in _OURS]
        ours = [known.get((one["key"], one["effect"]), one) for one in wanted]
        if kept + ours != present and {_id(one) for one in kept + ours} != {_id(one) for one in present}:
            version = node["metadata"]["resourceVersion"]
            patch = {"metadata": {"resourceVersion": version}, "spec": {"taints": kept + ours}}
            await self.cluster.patch("nodes", node, patch)

    async def _unready_pods(self, node: Obj) -> None:
        """Take the pods of a node that says nothing out of their Services."""
        ready = conditions.find(node.get("status") or {}, "Ready")
        if ready is None:
            return
        pods = [pod for pod in self.cluster.items("pods") if podstate.node_of(pod) == node["metadata"]["name"]]
        await asyncio.gather(*(self._unready(pod) for pod in pods if podstate.is_ready(pod)))

    async def _unready(self, pod: Obj) -> None:
        known = [dict(one) for one in pod["status"]["conditions"]]
        next(one for one in known if one["type"] == "Ready").update(status="False", lastTransitionTime=clock.stamp())
        await self.cluster.patch("pods", pod, {"status": {"conditions": known}}, subresource="status")
        self.tell(pod, "Warning", "NodeNotReady", "Node is not ready")

    async def _remove_pods(self, name: str) -> None:
        pods = [pod for pod in self.cluster.items("pods") if podstate.node_of(pod) == name]
        self._heard.pop(name, None)
        wait = _QUARANTINE - (time.monotonic() - self._missed.setdefault(name, time.monotonic()))
        if wait > 0:
            self.queue.add_after(("", name), wait)
            return
        await asyncio.gather(*(self.cluster.delete("pods", pod, grace=0) for pod in pods))
        self._missed.pop(name, None)

    def _homeless(self, pod: Obj) -> list[tuple[str, str]]:
        node = podstate.node_of(pod)
        return [("", node)] if node and self.cluster.get("nodes", None, node) is None else []

    def _lease_changed(self, kind: str, old: Obj | None, new: Obj | None) -> None:
        if new is None or kind == "DELETED" or new["metadata"].get("namespace") != _LEASE_NAMESPACE:
            return
        if old is None or old["spec"].get("renewTime") != new["spec"].get("renewTime"):
            self._heard[new["metadata"]["name"]] = time.monotonic()


def _wanted_taints(node: Obj) -> list[Obj]:
    ready = conditions.find(node.get("status") or {}, "Ready")
    state = ready["status"] if ready else "False"
    taints: list[Obj] = []
    if state != "True":
        key = _UNREACHABLE if state == "Unknown" else _NOT_READY
        taints.append({"key": key, "effect": "NoSchedule"})
        if ready is not None:
            taints.append({"key": key, "effect": "NoExecute", "timeAdded": clock.stamp()})
    if node["spec"].get("unschedulable"):
        taints.append({"key": _CORDONED, "effect": "NoSchedule"})
    return taints


def _id(taint: Obj) -> tuple[str, str]:
    return taint["key"], taint["effect"]
