"""Follows the cluster and keeps nginx and the status of Ingresses in step with it."""

import asyncio
import logging

from localcluster.client import ApiError, Client, Obj
from localcluster.informer import Informer
from localcluster.ingress import routes
from localcluster.ingress.nginx import Nginx

log = logging.getLogger(__name__)
_PAUSE = 0.05  # seconds: changes that come together are one reload
_INGRESSES, _CLASSES = "ingresses.networking.k8s.io", "ingressclasses.networking.k8s.io"
_SLICES = "endpointslices.discovery.k8s.io"


class Watcher:
    """From changes to reloads. `publish` is the NAMESPACE/NAME of the Service whose address Ingresses report."""

    def __init__(self, client: Client, nginx: Nginx, publish: str) -> None:
        self._client = client
        self._nginx = nginx
        self._publish = publish.partition("/")
        self._changed = asyncio.Event()
        self._informers = {name: Informer(client, name) for name in (_INGRESSES, _CLASSES, "services", _SLICES)}

    async def run(self) -> None:
        """Work until cancelled; raises RuntimeError when nginx ends."""
        async with asyncio.TaskGroup() as tasks:
            for informer in self._informers.values():
                tasks.create_task(informer.run())
            for informer in self._informers.values():
                await informer.synced()
                informer.subscribe(lambda *_: self._changed.set())
            await self.apply()
            tasks.create_task(self._nginx.ended())
            while True:
                await self._changed.wait()
                await asyncio.sleep(_PAUSE)
                self._changed.clear()
                await self.apply()

    async def apply(self) -> None:
        """Bring nginx and statuses up to date once."""
        chosen = routes.ours(self._items(_INGRESSES), self._items(_CLASSES))
        backends = routes.Backends(self._items("services"), self._items(_SLICES))
        try:
            if await self._nginx.apply(routes.plan(chosen, backends)):
                log.info("%d ingresses are routed", len(chosen))
        except RuntimeError as error:
            log.error("%s", error)  # noqa: TRY400 - nginx's own words say it; the old configuration stays
        for ingress in chosen:
            await self._report(ingress)

    async def _report(self, ingress: Obj) -> None:
        service = self._informers["services"].get(self._publish[0], self._publish[2])
        address = service and service["spec"].get("clusterIP")
        wanted = {"ingress": [{"ip": address}]}
        if not address or (ingress.get("status") or {}).get("loadBalancer") == wanted:
            return
        meta = ingress["metadata"]
        patch = {"status": {"loadBalancer": wanted}}
        try:
            await self._client.patch(_INGRESSES, meta["name"], patch, meta["namespace"], subresource="status")
        except ApiError as error:
            log.warning("status of ingress %s/%s: %s", meta["namespace"], meta["name"], error)

    def _items(self, resource: str) -> list[Obj]:
        return self._informers[resource].items()
