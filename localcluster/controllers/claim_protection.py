"""A claim that a pod uses is not taken away under it: it goes when the last pod has gone."""

from localcluster.controllers import podstate
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.controller import Controller
from localcluster.controllers.scheduler import claims
from localcluster.controllers.scheduler.claims import PVC

_FINALIZER = "kubernetes.io/pvc-protection"


class ClaimProtection(Controller):
    """Puts the finalizer on every claim, and takes it off when the claim is to go and nobody uses it."""

    name = "pvc-protection-controller"

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self.follow_self(PVC)
        self.follow("pods", lambda pod: [(pod["metadata"]["namespace"], name) for name in claims.names(pod)])

    async def sync(self, namespace: str, name: str) -> None:
        """Look at one claim."""
        claim = self.cluster.get(PVC, namespace, name)
        if claim is None:
            return
        finalizers = claim["metadata"].get("finalizers") or []
        wanted = finalizers
        if "deletionTimestamp" not in claim["metadata"]:
            wanted = finalizers if _FINALIZER in finalizers else [*finalizers, _FINALIZER]
        elif not self._is_used(namespace, name):
            wanted = [one for one in finalizers if one != _FINALIZER]
        if wanted != finalizers:
            version = claim["metadata"]["resourceVersion"]
            await self.cluster.patch(PVC, claim, {"metadata": {"finalizers": wanted, "resourceVersion": version}})

    def _is_used(self, namespace: str, name: str) -> bool:
        pods = (pod for pod in self.cluster.items("pods", namespace) if not podstate.is_finished(pod))
        return any(name in claims.names(pod) for pod in pods)
