"""Pod (anti-)affinity and topology spread: rules about what other pods are near."""

from collections import Counter

from localcluster.client import Obj
from localcluster.controllers import placement, podstate
from localcluster.controllers.scheduler.snapshot import NodeView, Snapshot
from localcluster.selectors import from_label_selector

_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def required(pod: Obj, kind: str) -> list[Obj]:
    """Give the binding terms of `podAffinity` or `podAntiAffinity`."""
    return ((pod["spec"].get("affinity") or {}).get(kind) or {}).get(_REQUIRED) or []


def preferred(pod: Obj, kind: str) -> list[tuple[int, Obj]]:
    """Give the wished-for terms with their weights."""
    found = ((pod["spec"].get("affinity") or {}).get(kind) or {}).get(_PREFERRED) or []
    return [(int(one["weight"]), one["podAffinityTerm"]) for one in found]


def selects(term: Obj, owner: Obj, other: Obj) -> bool:
    """Judge whether a term of the owner speaks of the other pod."""
    namespaces = term.get("namespaces") or []
    everywhere = term.get("namespaceSelector") == {}
    if not namespaces and not everywhere:
        namespaces = [owner["metadata"]["namespace"]]
    if not everywhere and other["metadata"]["namespace"] not in namespaces:
        return False
    selector = term.get("labelSelector")
    return selector is not None and from_label_selector(selector).matches(other["metadata"].get("labels"))


def same_place(term: Obj, one: NodeView, other: NodeView) -> bool:
    """Judge whether two nodes are one place in the sense of the term's topology key."""
    key = term["topologyKey"]
    return key in one.labels and one.labels[key] == other.labels.get(key)


def count_near(term: Obj, pod: Obj, view: NodeView, snapshot: Snapshot) -> int:
    """Count the pods that a term speaks of, near a node."""
    return sum(selects(term, pod, other) and same_place(term, view, where) for where, other in snapshot.placed())


def affinity_holds(pod: Obj, view: NodeView, snapshot: Snapshot) -> bool:
    """Judge required affinity; the first pod of a group that wants to be together may go anywhere."""
    for term in required(pod, "podAffinity"):
        if term["topologyKey"] not in view.labels:
            return False
        nobody = not any(selects(term, pod, other) for _, other in snapshot.placed())
        if not count_near(term, pod, view, snapshot) and not (nobody and selects(term, pod, pod)):
            return False
    return True


def anti_affinity_holds(pod: Obj, view: NodeView, snapshot: Snapshot) -> bool:
    """Judge the pod's own required anti-affinity."""
    return not any(count_near(term, pod, view, snapshot) for term in required(pod, "podAntiAffinity"))


def others_allow(pod: Obj, view: NodeView, snapshot: Snapshot) -> bool:
    """Judge the required anti-affinity of pods that are there already."""
    return not any(
        selects(term, other, pod) and same_place(term, view, where)
        for where, other in snapshot.placed()
        for term in required(other, "podAntiAffinity")
    )


def spread_holds(pod: Obj, view: NodeView, snapshot: Snapshot) -> bool:
    """Judge the topology spread constraints that forbid (DoNotSchedule)."""
    for rule in pod["spec"].get("topologySpreadConstraints") or ():
        if rule.get("whenUnsatisfiable", "DoNotSchedule") != "DoNotSchedule":
            continue
        place = view.labels.get(rule["topologyKey"])
        if place is None:
            return False
        counts = places(rule, pod, snapshot)
        if counts[place] + 1 - _least(rule, counts) > rule["maxSkew"]:
            return False
    return True


def places(rule: Obj, pod: Obj, snapshot: Snapshot) -> Counter[str]:
    """Count a spread constraint's pods in each place that the pod could go to."""
    counts: Counter[str] = Counter()
    selector = from_label_selector(rule.get("labelSelector") or {})
    for view in snapshot.nodes:
        place = view.labels.get(rule["topologyKey"])
        if place is None or not placement.matches_node(pod["spec"], view.node):
            continue
        counts[place] += sum(
            other["metadata"]["namespace"] == pod["metadata"]["namespace"]
            and not podstate.is_terminating(other)
            and selector.matches(other["metadata"].get("labels"))
            for other in view.pods
        )
    return counts


def _least(rule: Obj, counts: Counter[str]) -> int:
    if len(counts) < rule.get("minDomains", 1):
        return 0
    return min(counts.values(), default=0)
