"""What EndpointSlices have in common, whoever keeps them: one slice a set of ports, named after its Service."""

import asyncio

from localcluster.client import Obj
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.templates import owner_reference, random_suffix

SLICES = "endpointslices.discovery.k8s.io"
SERVICE_NAME = "kubernetes.io/service-name"
MANAGED = "endpointslice.kubernetes.io/managed-by"


def kept_by(cluster: Cluster, keeper: str, namespace: str, service: str) -> list[Obj]:
    """Give the slices of a Service that this keeper made."""
    wanted = {MANAGED: keeper, SERVICE_NAME: service}
    return [
        one
        for one in cluster.items(SLICES, namespace)
        if wanted.items() <= (one["metadata"].get("labels") or {}).items()
    ]


async def write(cluster: Cluster, keeper: str, owner: Obj, wanted: list[Obj], labels: dict[str, str]) -> None:
    """Make the keeper's slices of an owner (Service or Endpoints) be these: {ports, endpoints, addressType}."""
    meta = owner["metadata"]
    marks = labels | {MANAGED: keeper, SERVICE_NAME: meta["name"]}
    known = {_identity(one): one for one in kept_by(cluster, keeper, meta["namespace"], meta["name"])}
    calls = [_put(cluster, owner, marks, known.pop(_identity(one), None), one) for one in wanted]
    calls.extend(cluster.delete(SLICES, one) for one in known.values())
    await asyncio.gather(*calls)


async def drop(cluster: Cluster, keeper: str, namespace: str, service: str) -> None:
    """Take away all slices that this keeper made for a Service."""
    await asyncio.gather(*(cluster.delete(SLICES, one) for one in kept_by(cluster, keeper, namespace, service)))


async def _put(cluster: Cluster, owner: Obj, marks: dict[str, str], known: Obj | None, wanted: Obj) -> None:
    if known is None:
        name = f"{owner['metadata']['name']}-{random_suffix()}"
        meta = {
            "name": name,
            "namespace": owner["metadata"]["namespace"],
            "labels": marks,
            "ownerReferences": [owner_reference(owner)],
        }
        await cluster.create(
            SLICES, {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": meta, **wanted}
        )
    elif known.get("endpoints", []) != wanted["endpoints"] or known["metadata"].get("labels") != marks:
        meta = {**known["metadata"], "labels": marks}
        await cluster.update(SLICES, {**known, "metadata": meta, **wanted})


def _identity(one: Obj) -> str:
    ports = [(port.get("name", ""), port.get("port"), port.get("protocol", "TCP")) for port in one.get("ports") or ()]
    return f"{one['addressType']} {sorted(ports, key=str)}"
