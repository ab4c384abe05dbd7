"""A node's sign of life: it renews its Lease every two seconds."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from localcluster.client import ApiError
from localcluster.kubelet import clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcluster.client import Client, Obj

log = logging.getLogger(__name__)
NAMESPACE = "kube-node-lease"
LEASES = "leases.coordination.k8s.io"
_PERIOD = 2.0  # seconds
_LIFE = 8  # seconds without renewal after which the controllers call the node unreachable


async def beat(client: Client, current: Callable[[], Obj], working: asyncio.Event) -> None:
    """Renew the Lease of a node (`current` gives the object) while `working` is set, until cancelled."""
    while True:
        await working.wait()
        node = current()
        try:
            await _renew(client, node)
        except ApiError as error:
            log.warning("lease of %s not renewed: %s", node["metadata"]["name"], error)
        await asyncio.sleep(_PERIOD)


async def _renew(client: Client, node: Obj) -> None:
    name = node["metadata"]["name"]
    try:
        await client.patch(LEASES, name, {"spec": {"renewTime": clock.now_micro()}}, NAMESPACE)
    except ApiError as error:
        if error.code != 404:
            raise
        await client.create(LEASES, _lease(node), NAMESPACE)


def _lease(node: Obj) -> Obj:
    name = node["metadata"]["name"]
    owner = {"apiVersion": "v1", "kind": "Node", "name": name, "uid": node["metadata"]["uid"]}
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": name, "namespace": NAMESPACE, "ownerReferences": [owner]},
        "spec": {"holderIdentity": name, "leaseDurationSeconds": _LIFE, "renewTime": clock.now_micro()},
    }
