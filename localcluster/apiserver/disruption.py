"""PodDisruptionBudgets, as an eviction sees them."""

from localcluster.apiserver.store import Entry, Store
from localcluster.client import ApiError, Obj
from localcluster.selectors import from_label_selector

_BUDGETS = "poddisruptionbudgets.policy"


def allow_eviction(store: Store, pod: Obj, *, dry_run: bool) -> None:
    """Use up one allowed disruption, or refuse (429) as upstream does."""
    if pod.get("status", {}).get("phase") in ("Succeeded", "Failed", "Pending"):
        return
    budgets = [one for one in store.all(_BUDGETS, pod["metadata"]["namespace"]) if _covers(one.obj, pod)]
    if len(budgets) > 1:
        message = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
        raise ApiError(500, "InternalError", message)
    for budget in budgets:
        _spend(store, budget, pod, dry_run=dry_run)


def _covers(budget: Obj, pod: Obj) -> bool:
    selector = budget.get("spec", {}).get("selector")
    return selector is not None and from_label_selector(selector).matches(pod["metadata"].get("labels"))


def _spend(store: Store, budget: Entry, pod: Obj, *, dry_run: bool) -> None:
    status, name = budget.obj.get("status", {}), budget.key[1]
    if not _is_ready(pod) and status.get("currentHealthy", 0) >= max(status.get("desiredHealthy", 0), 1):
        return  # it counts for nothing in the budget, so its going costs nothing
    if status.get("observedGeneration", 0) < budget.obj["metadata"].get("generation", 1):
        raise _refusal(f"The disruption budget {name} is still being processed by the server.")
    if status.get("disruptionsAllowed", 0) < 1:
        needed, have = status.get("desiredHealthy", 0), status.get("currentHealthy", 0)
        raise _refusal(f"The disruption budget {name} needs {needed} healthy pods and has {have} currently")
    if not dry_run:
        changed = budget.copy()
        changed["status"]["disruptionsAllowed"] -= 1
        changed["status"].setdefault("disruptedPods", {})[pod["metadata"]["name"]] = _now()
        store.put(_BUDGETS, budget.key, changed)


def _refusal(why: str) -> ApiError:
    details = {"causes": [{"reason": "DisruptionBudget", "message": why}]}
    message = "Cannot evict pod as it would violate the pod's disruption budget."
    return ApiError(429, "TooManyRequests", message, details)


def _is_ready(pod: Obj) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _now() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
