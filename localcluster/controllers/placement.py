"""Which nodes a pod may go to by labels and taints."""

from collections.abc import Iterable

from localcluster.client import Obj
from localcluster.selectors import from_labels

_COMPARE = ("Gt", "Lt")


def matches_node(spec: Obj, node: Obj) -> bool:
    """Judge a pod's nodeSelector and its required node affinity."""
    if not from_labels(spec.get("nodeSelector") or {}).matches(node["metadata"].get("labels")):
        return False
    affinity = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    )
    return affinity is None or matches_terms(affinity.get("nodeSelectorTerms") or (), node)


def matches_terms(terms: Iterable[Obj], node: Obj) -> bool:
    """Judge node selector terms: one of them must hold; an empty term never does."""
    return any(matches_term(term, node) for term in terms)


def matches_term(term: Obj, node: Obj) -> bool:
    """Judge one term: all its expressions and fields must hold."""
    labels = node["metadata"].get("labels") or {}
    expressions, fields = term.get("matchExpressions") or (), term.get("matchFields") or ()
    if not expressions and not fields:
        return False
    by_label = all(_holds(one, labels.get(one["key"])) for one in expressions)
    return by_label and all(_holds(one, node["metadata"]["name"]) for one in fields if one["key"] == "metadata.name")


def untolerated(spec: Obj, node: Obj, effects: tuple[str, ...] = ("NoSchedule", "NoExecute")) -> Obj | None:
    """Give the first taint with one of these effects that the pod does not tolerate."""
    tolerations = spec.get("tolerations") or ()
    for taint in node["spec"].get("taints") or ():
        if taint["effect"] in effects and not any(tolerates(one, taint) for one in tolerations):
            return dict(taint)
    return None


def tolerates(toleration: Obj, taint: Obj) -> bool:
    """Judge one toleration; without a key it tolerates every key, without an effect every effect."""
    if toleration.get("effect") and toleration["effect"] != taint["effect"]:
        return False
    if toleration.get("key") and toleration["key"] != taint["key"]:
        return False
    if toleration.get("operator") == "Exists":
        return True
    return bool(toleration.get("key")) and (toleration.get("value") or "") == (taint.get("value") or "")


def _holds(expression: Obj, found: str | None) -> bool:
    values = expression.get("values") or ()
    match expression["operator"]:
        case "In":
            return found in values
        case "NotIn":
            return found not in values
        case "Exists":
            return found is not None
        case "DoesNotExist":
            return found is None
        case _:
            return found is not None and _compares(expression["operator"], found, values)


def _compares(operator: str, found: str, values: Iterable[str]) -> bool:
    try:
        bound, number = int(next(iter(values))), int(found)
    except (ValueError, StopIteration):
        return False
    return operator in _COMPARE and (number > bound if operator == "Gt" else number < bound)
