"""PodDisruptionBudgets: how many pods may be evicted now."""

from localcluster.client import Obj
from localcluster.controllers import clock, conditions, podstate
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.controller import Controller
from localcluster.controllers.kinds import key_of, resource_of
from localcluster.controllers.rollout import replicas, scaled
from localcluster.selectors import from_label_selector

_PDB = "poddisruptionbudgets.policy"
_FORGET = 120.0  # seconds until an eviction that never became a deletion is forgotten, as upstream
_SCALED = ("replicasets.apps", "statefulsets.apps", "deployments.apps")


class DisruptionBudgets(Controller):
    """Works on budgets; the API server refuses evictions by the status written here."""

    name = "controllermanager"

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self.follow_self(_PDB)
        self.follow("pods", self._budgets_of)
        for resource in _SCALED:
            self.follow(
                resource, lambda obj: [key_of(one) for one in cluster.items(_PDB, obj["metadata"]["namespace"])]
            )

    async def sync(self, namespace: str, name: str) -> None:
        """Count healthy pods against the wanted ones."""
        budget = self.cluster.get(_PDB, namespace, name)
        if budget is None:
            return
        selector = budget["spec"].get("selector")
        pods = self.cluster.informer("pods").select(namespace, selector) if selector is not None else []
        pods = [pod for pod in pods if not podstate.is_finished(pod)]
        evicted = self._evicted(budget, pods)
        healthy = [pod for pod in pods if podstate.is_ready(pod) and not podstate.is_terminating(pod)]
        current = sum(pod["metadata"]["name"] not in evicted for pod in healthy)
        expected, desired = self._wanted(budget, pods)
        allowed = max(0, current - desired) if expected > 0 else 0
        status: Obj = {
            "observedGeneration": budget["metadata"].get("generation", 0),
            "expectedPods": expected,
            "desiredHealthy": desired,
            "currentHealthy": current,
            "disruptionsAllowed": allowed,
            "conditions": _conditions(budget, allowed),
        }
        if evicted:
            status["disruptedPods"] = evicted
            self.queue.add_after((namespace, name), _FORGET)
        await self.cluster.set_status(_PDB, budget, status)

    def _evicted(self, budget: Obj, pods: list[Obj]) -> dict[str, str]:
        """Evictions that the server granted and whose pods are still there unharmed."""
        alive = {pod["metadata"]["name"] for pod in pods if not podstate.is_terminating(pod)}
        given = (budget.get("status") or {}).get("disruptedPods") or {}
        return {name: since for name, since in given.items() if name in alive and clock.age(since) < _FORGET}

    def _wanted(self, budget: Obj, pods: list[Obj]) -> tuple[int, int]:
        """Give (expected, desired healthy)."""
        spec = budget["spec"]
        minimum, maximum = spec.get("minAvailable"), spec.get("maxUnavailable")
        if isinstance(minimum, int):
            return len(pods), minimum
        expected = self._expected(pods)
        if maximum is not None:
            return expected, max(0, expected - scaled(maximum, expected, up=True))
        return expected, scaled(minimum if minimum is not None else 1, expected, up=True)

    def _expected(self, pods: list[Obj]) -> int:
        """How many pods the controllers of these pods want."""
        owners: dict[str, int] = {}
        alone = 0
        for pod in pods:
            owner = self._top_owner(pod)
            if owner is None:
                alone += 1
            else:
                owners[owner["metadata"]["uid"]] = replicas(owner)
        return sum(owners.values()) + alone

    def _top_owner(self, obj: Obj) -> Obj | None:
        """Follow controlling owners up to the one whose size somebody sets."""
        found = None
        current: Obj | None = obj
        while current is not None:
            current = self._owner(current)
            found = current or found
        return found

    def _owner(self, obj: Obj) -> Obj | None:
        for reference in obj["metadata"].get("ownerReferences") or ():
            resource = resource_of(reference["apiVersion"], reference["kind"])
            if reference.get("controller") and resource in _SCALED:
                return self.cluster.get(resource, obj["metadata"]["namespace"], reference["name"])
        return None

    def _budgets_of(self, pod: Obj) -> list[tuple[str, str]]:
        labels = pod["metadata"].get("labels") or {}
        return [
            key_of(one)
            for one in self.cluster.items(_PDB, pod["metadata"]["namespace"])
            if one["spec"].get("selector") is not None and from_label_selector(one["spec"]["selector"]).matches(labels)
        ]


def _conditions(budget: Obj, allowed: int) -> list[Obj]:
    known = [dict(one) for one in (budget.get("status") or {}).get("conditions") or ()]
    state, reason = ("True", "SufficientPods") if allowed else ("False", "InsufficientPods")
    conditions.put(known, "DisruptionAllowed", state, reason, "")
    next(one for one in known if one["type"] == "DisruptionAllowed")["observedGeneration"] = budget["metadata"].get(
        "generation", 0
    )
    return known
