"""Why a pod cannot go to a node, in upstream's words and order."""

from localcluster.client import Obj
from localcluster.controllers import placement
from localcluster.controllers.scheduler import peers
from localcluster.controllers.scheduler.snapshot import NodeView, Snapshot, wants

_UNSCHEDULABLE = {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}


def refusals(pod: Obj, view: NodeView, snapshot: Snapshot, volumes: list[Obj]) -> list[str]:
    """Give the reasons of the first rule that refuses; none: the pod may go there. `volumes` are its bound volumes."""
    for rule in (_by_node, _by_room, lambda *_: _by_volumes(view, volumes), _by_peers):
        if reasons := rule(pod, view, snapshot):
            return reasons
    return []


def _by_node(pod: Obj, view: NodeView, _: Snapshot) -> list[str]:
    spec = pod["spec"]
    if view.node["spec"].get("unschedulable") and not _ignores_cordon(spec):
        return ["node(s) were unschedulable"]
    if taint := placement.untolerated(spec, view.node):
        return [f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}"]
    if not placement.matches_node(spec, view.node):
        return ["node(s) didn't match Pod's node affinity/selector"]
    return []


def _by_room(pod: Obj, view: NodeView, _: Snapshot) -> list[str]:
    if not _ports_free(pod, view):
        return ["node(s) didn't have free ports for the requested pod ports"]
    return _lacking(pod, view)


def _by_volumes(view: NodeView, volumes: list[Obj]) -> list[str]:
    reachable = all(_volume_reachable(volume, view.node) for volume in volumes)
    return [] if reachable else ["node(s) didn't match PersistentVolume's node affinity"]


def _by_peers(pod: Obj, view: NodeView, snapshot: Snapshot) -> list[str]:
    if not peers.spread_holds(pod, view, snapshot):
        return ["node(s) didn't match pod topology spread constraints"]
    if not peers.affinity_holds(pod, view, snapshot):
        return ["node(s) didn't match pod affinity rules"]
    if not peers.anti_affinity_holds(pod, view, snapshot):
        return ["node(s) didn't match pod anti-affinity rules"]
    if not peers.others_allow(pod, view, snapshot):
        return ["node(s) didn't satisfy existing pods anti-affinity rules"]
    return []


def _ignores_cordon(spec: Obj) -> bool:
    return any(placement.tolerates(one, _UNSCHEDULABLE) for one in spec.get("tolerations") or ())


def _lacking(pod: Obj, view: NodeView) -> list[str]:
    reasons = []
    if len(view.pods) + 1 > view.allocatable("pods"):
        reasons.append("Too many pods")
    for name, amount in wants(pod).items():
        if amount and view.used.get(name, 0) + amount > view.allocatable(name):
            reasons.append(f"Insufficient {name}")
    return reasons


def _ports_free(pod: Obj, view: NodeView) -> bool:
    wanted = _host_ports(pod)
    return not wanted or not any(wanted & _host_ports(other) for other in view.pods)


def _host_ports(pod: Obj) -> set[tuple[str, int]]:
    return {
        (port.get("protocol", "TCP"), port["hostPort"])
        for container in pod["spec"].get("containers") or ()
        for port in container.get("ports") or ()
        if port.get("hostPort")
    }


def _volume_reachable(volume: Obj, node: Obj) -> bool:
    needed = ((volume["spec"].get("nodeAffinity") or {}).get("required") or {}).get("nodeSelectorTerms")
    return needed is None or placement.matches_terms(needed, node)
