"""Take pods without a node, find one, and bind them."""

from collections import Counter

from localcluster.client import ApiError, Obj
from localcluster.controllers import conditions, podstate
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.controller import Controller
from localcluster.controllers.kinds import key_of
from localcluster.controllers.scheduler import claims, filters, scores
from localcluster.controllers.scheduler.snapshot import NodeView, Snapshot

_NAME = "default-scheduler"


class Scheduler(Controller):
    """Places one pod after the other, so that each sees where the one before went. Without preemption."""

    name = _NAME
    workers = 1

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self._waiting: set[tuple[str, str]] = set()
        self._assumed: dict[tuple[str, str], str] = {}
        """Nodes of pods whose claims are being bound: without them, all replicas of a StatefulSet go to one node."""
        cluster.informer("pods").subscribe(self._pod_changed)
        cluster.informer("nodes").subscribe(self._node_changed)
        for resource in (claims.PVC, claims.PV, claims.CLASS):
            cluster.informer(resource).subscribe(self._volume_changed)

    async def sync(self, namespace: str, name: str) -> None:
        """Place one pod, or say why it cannot be placed."""
        pod = self.cluster.get("pods", namespace, name)
        if pod is None or not _is_ours(pod):
            self._forget((namespace, name))
            return
        found = claims.look(self.cluster, pod)
        self._assumed.pop((namespace, name), None)
        snapshot = Snapshot.take(self.cluster, self._assumed)
        reasons: Counter[str] = Counter()
        possible = []
        for view in [] if found.obstacle else snapshot.nodes:
            refused = filters.refusals(pod, view, snapshot, found.bound)
            reasons.update(refused)
            possible.extend([] if refused else [view])
        if not possible:
            await self._refuse(pod, _message(len(snapshot.nodes), reasons, found.obstacle))
            return
        await self._place(pod, scores.best(pod, possible, snapshot), possible, found)

    async def _place(self, pod: Obj, chosen: NodeView, possible: list[NodeView], found: claims.Claims) -> None:
        if found.waiting:
            self._waiting.add(key_of(pod))  # the claim, once bound, brings the pod back
            self._assumed[key_of(pod)] = await self._select_node(
                found.waiting, chosen, {view.name for view in possible}
            )
            return
        namespace, name = key_of(pod)
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": name, "namespace": namespace, "uid": pod["metadata"]["uid"]},
            "target": {"apiVersion": "v1", "kind": "Node", "name": chosen.name},
        }
        try:
            await self.cluster.client.create("pods/binding", binding, namespace)
        except ApiError as error:
            if error.code not in (404, 409):  # gone, or bound by somebody else
                raise
            return
        self._forget((namespace, name))
        await self.cluster.until("pods", lambda: self._is_placed(pod))
        self.tell(pod, "Normal", "Scheduled", f"Successfully assigned {namespace}/{name} to {chosen.name}")

    async def _select_node(self, waiting: list[Obj], chosen: NodeView, possible: set[str]) -> str:
        """Tell the claims where their volumes shall be, and return it: a choice made before holds while it can."""
        where = chosen.name
        for claim in waiting:
            selected = (claim["metadata"].get("annotations") or {}).get(claims.SELECTED_NODE)
            if selected in possible:
                where = str(selected)
            else:
                note = {"metadata": {"annotations": {claims.SELECTED_NODE: chosen.name}}}
                await self.cluster.patch(claims.PVC, claim, note)
        return where

    def _forget(self, key: tuple[str, str]) -> None:
        self._waiting.discard(key)
        self._assumed.pop(key, None)

    async def _refuse(self, pod: Obj, message: str) -> None:
        self._waiting.add(key_of(pod))
        self.tell(pod, "Warning", "FailedScheduling", message)
        known = [dict(one) for one in (pod.get("status") or {}).get("conditions") or ()]
        before = [dict(one) for one in known]
        conditions.put(known, "PodScheduled", "False", "Unschedulable", message)
        if known != before:
            await self.cluster.patch("pods", pod, {"status": {"conditions": known}}, subresource="status")

    def _is_placed(self, pod: Obj) -> bool:
        found = self.cluster.get("pods", *key_of(pod))
        return found is None or found["metadata"]["uid"] != pod["metadata"]["uid"] or bool(podstate.node_of(found))

    def _pod_changed(self, _kind: str, old: Obj | None, new: Obj | None) -> None:
        if new is not None and _kind != "DELETED" and _is_ours(new):
            # our own word about why it waits is no news
            if (
                old is None
                or old["spec"] != new["spec"]
                or old["metadata"].get("labels") != new["metadata"].get("labels")
            ):
                self.queue.add(key_of(new))
        elif (
            _kind == "DELETED" or (new is not None and podstate.is_finished(new)) or (old and not podstate.node_of(old))
        ):
            self._try_again()

    def _node_changed(self, _kind: str, old: Obj | None, new: Obj | None) -> None:
        if old is None or new is None or _relevant(old) != _relevant(new):
            self._try_again()

    def _volume_changed(self, _kind: str, _old: Obj | None, _new: Obj | None) -> None:
        self._try_again()

    def _try_again(self) -> None:
        for key in self._waiting:
            self.queue.add(key)


def _is_ours(pod: Obj) -> bool:
    spec = pod["spec"]
    ours = spec.get("schedulerName", _NAME) == _NAME and not spec.get("schedulingGates")
    return ours and not podstate.node_of(pod) and podstate.is_active(pod)


def _relevant(node: Obj) -> tuple[object, ...]:
    status = node.get("status") or {}
    return node["spec"], node["metadata"].get("labels"), status.get("allocatable")


def _message(nodes: int, reasons: Counter[str], obstacle: str) -> str:
    if obstacle:
        return f"0/{nodes} nodes are available: {obstacle}."
    if not nodes:
        return "no nodes available to schedule pods"
    parts = sorted(f"{count} {reason}" for reason, count in reasons.items())
    return f"0/{nodes} nodes are available: {', '.join(parts)}."
