"""The Service `kubernetes`: what the API server made at its start comes back when somebody deletes it."""

from localcluster.client import ApiError, Obj
from localcluster.controllers import slices
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.controller import Controller

_KEY = ("default", "kubernetes")
_RESOURCES = ("services", "endpoints", slices.SLICES)
_NOT_OURS = ("uid", "resourceVersion", "creationTimestamp", "generation", "deletionTimestamp")


class KubernetesService(Controller):
    """Remembers Service, Endpoints and EndpointSlice."""

    name = "kubernetes-service"
    workers = 1

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self._made: dict[str, Obj] = {}
        for resource in _RESOURCES:
            self._keep(resource)

    async def sync(self, namespace: str, name: str) -> None:
        """Create again what is missing."""
        for resource, made in self._made.items():
            if self.cluster.get(resource, namespace, name) is None:
                meta = {key: value for key, value in made["metadata"].items() if key not in _NOT_OURS}
                try:
                    await self.cluster.create(resource, {**made, "metadata": meta})
                except ApiError as error:
                    if error.reason != "AlreadyExists":
                        raise

    def _keep(self, resource: str) -> None:
        def changed(kind: str, old: Obj | None, new: Obj | None) -> None:
            obj = new or old or {}
            if (obj["metadata"].get("namespace"), obj["metadata"]["name"]) != _KEY:
                return
            self._made.setdefault(resource, obj)
            if kind == "DELETED":
                self.queue.add(_KEY)

        self.cluster.informer(resource).subscribe(changed)
