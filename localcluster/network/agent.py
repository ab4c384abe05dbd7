"""Keeps the packet filter in step with Services and NetworkPolicies: kube-proxy and policy agent in one."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from localcluster.client import Client
from localcluster.informer import Informer

from . import policies, ruleset, services
from .nft import Batch, PacketFilter

log = logging.getLogger(__name__)

Obj = dict[str, Any]
_GATHER_SECONDS = 0.005  # changes come in bunches: a Deployment's pods become Ready together
_RETRY_SECONDS = 1.0
_WATCHED = (
    "services",
    "endpointslices.discovery.k8s.io",
    "pods",
    "namespaces",
    "networkpolicies.networking.k8s.io",
)


async def run(client: Client) -> None:
    """Follow the API server and write rules, until cancelled.

    Raises:
        OSError: this kernel takes no rules at all.

    """
    await Agent(client).run()


class Agent:
    """What is known of the cluster, and what was last written."""

    def __init__(self, client: Client) -> None:
        self._informers = {resource: Informer(client, resource) for resource in _WATCHED}
        self._changed = asyncio.Event()
        self._filter = PacketFilter()
        self._routes: list[services.Route] | None = None
        self._isolation: policies.Isolation | None = None
        for resource, informer in self._informers.items():
            informer.subscribe(self._on_pod if resource == "pods" else self._on_change)

    async def run(self) -> None:
        """Follow and write, until cancelled."""
        self._filter.commit(ruleset.base())
        async with asyncio.TaskGroup() as group:
            for informer in self._informers.values():
                group.create_task(informer.run())
            for informer in self._informers.values():
                await informer.synced()
            self._changed.set()
            await self._write_changes()

    async def _write_changes(self) -> None:
        while True:
            await self._changed.wait()
            await asyncio.sleep(_GATHER_SECONDS)
            self._changed.clear()
            try:
                self.write()
            except Exception:  # an object that cannot be understood must not end the network of all
                log.exception("the packet filter could not be brought up to date; again in %.0f s", _RETRY_SECONDS)
                await asyncio.sleep(_RETRY_SECONDS)
                self._changed.set()

    def write(self) -> None:
        """Compute the rules, and write the tables whose content has changed, all at once.

        Raises:
            NetlinkError: the kernel refused; nothing has changed.

        """
        begun = time.monotonic()
        routes = services.routes(self._items("services"), self._items("endpointslices.discovery.k8s.io"))
        policed = self._items("networkpolicies.networking.k8s.io")
        isolation = policies.isolation(policed, self._items("pods"), self._items("namespaces"))
        batches: list[Batch] = []
        if routes != self._routes:
            batches.append(ruleset.services(routes))
        if isolation != self._isolation:
            batches.append(ruleset.policies(isolation))
        if not batches:
            return
        computed = time.monotonic()
        self._filter.commit(*batches)
        self._routes, self._isolation = routes, isolation
        spent = (1000 * (computed - begun), 1000 * (time.monotonic() - computed))
        log.debug("%s written: %.1f ms to compute, %.1f to commit", [batch.table for batch in batches], *spent)

    def _items(self, resource: str) -> list[Obj]:
        return list(self._informers[resource].items())

    def _on_change(self, _event: str, _old: Obj | None, _new: Obj | None) -> None:
        self._changed.set()

    def _on_pod(self, _event: str, old: Obj | None, new: Obj | None) -> None:
        if _relevant(old) != _relevant(new):
            self._changed.set()


def _relevant(pod: Obj | None) -> object:
    """Give what of a pod the rules depend on: most updates of a pod change nothing of it."""
    if pod is None:
        return None
    status = pod.get("status") or {}
    return status.get("podIP"), status.get("phase"), pod["metadata"].get("labels")
