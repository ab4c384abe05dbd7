"""Which of the possible nodes is best: each judgement goes from 0 to 100, then they are added by weight."""

from collections.abc import Callable

from localcluster.client import Obj
from localcluster.controllers import placement, podstate
from localcluster.controllers.cluster import controller_uid
from localcluster.controllers.scheduler import peers
from localcluster.controllers.scheduler.snapshot import NodeView, Snapshot, wants

Score = Callable[[Obj, NodeView, Snapshot], float]


def best(pod: Obj, possible: list[NodeView], snapshot: Snapshot) -> NodeView:
    """Choose; among equals the node with the fewest pods, then by name."""
    totals = dict.fromkeys((view.name for view in possible), 0.0)
    for weight, score in _SCORES:
        raw = [score(pod, view, snapshot) for view in possible]
        low, high = min(raw), max(raw)
        for view, value in zip(possible, raw, strict=True):
            totals[view.name] += weight * (100 * (value - low) / (high - low) if high > low else 0)
    return min(possible, key=lambda view: (-round(totals[view.name], 6), len(view.pods), view.name))


def _tolerated(pod: Obj, view: NodeView, _: Snapshot) -> float:
    return 0.0 if placement.untolerated(pod["spec"], view.node, ("PreferNoSchedule",)) else 1.0


def _liked_node(pod: Obj, view: NodeView, _: Snapshot) -> float:
    wishes = ((pod["spec"].get("affinity") or {}).get("nodeAffinity") or {}).get(
        "preferredDuringSchedulingIgnoredDuringExecution"
    ) or ()
    return float(sum(one["weight"] for one in wishes if placement.matches_term(one["preference"], view.node)))


def _liked_peers(pod: Obj, view: NodeView, snapshot: Snapshot) -> float:
    near = sum(
        weight * peers.count_near(term, pod, view, snapshot) for weight, term in peers.preferred(pod, "podAffinity")
    )
    far = sum(
        weight * peers.count_near(term, pod, view, snapshot) for weight, term in peers.preferred(pod, "podAntiAffinity")
    )
    return float(near - far)


def _spread(pod: Obj, view: NodeView, snapshot: Snapshot) -> float:
    """Keep the replicas of one owner apart, and what a ScheduleAnyway constraint counts."""
    owner = controller_uid(pod)
    siblings = [other for other in view.pods if owner and controller_uid(other) == owner]
    crowd = float(sum(not podstate.is_terminating(other) for other in siblings))
    for rule in pod["spec"].get("topologySpreadConstraints") or ():
        crowd += peers.places(rule, pod, snapshot)[view.labels.get(rule["topologyKey"], "")]
    return -crowd


def _room(pod: Obj, view: NodeView, _: Snapshot) -> float:
    shares = []
    for resource in ("cpu", "memory"):
        total = view.allocatable(resource)
        taken = view.used.get(resource, 0) + wants(pod).get(resource, 0)
        shares.append(float(1 - taken / total) if total else 0.0)
    return sum(shares)


_SCORES: tuple[tuple[float, Score], ...] = (
    (3, _tolerated),
    (2, _liked_node),
    (2, _liked_peers),
    (2, _spread),
    (1, _room),
)
