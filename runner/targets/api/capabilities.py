"""What a cluster can do, as far as its API tells."""

from __future__ import annotations

import anyio

from runner.core.target import ApiRefused, Cluster

ALL = frozenset({"network-policy", "metrics", "ingress", "storage", "quota"})
# A metrics server that has just started has no data yet; longer than this we do not wait for it (seconds).
_METRICS_PATIENCE = 5.0


async def detect(cluster: Cluster) -> frozenset[str]:
    """What was found to be there.

    Network policies cannot be detected: every API stores them, whether or not something enforces them. They count as
    present unless the inventory says that the place lacks them. Quotas are part of every API server.
    """
    found = {"quota", "network-policy"}
    if await _any(cluster, "StorageClass"):
        found.add("storage")
    if cluster.ingress or await _any(cluster, "IngressClass"):
        found.add("ingress")
    if await _metrics(cluster):
        found.add("metrics")
    return frozenset(found)


async def _any(cluster: Cluster, kind: str) -> bool:
    try:
        return bool(await cluster.list(kind))
    except ApiRefused:
        return False


async def _metrics(cluster: Cluster) -> bool:
    with anyio.move_on_after(_METRICS_PATIENCE):
        while await _served(cluster):
            if await _any(cluster, "NodeMetrics.metrics.k8s.io"):
                return True
            await anyio.sleep(0.25)
    return False


async def _served(cluster: Cluster) -> bool:
    """Whether the API was ever registered: where it was not, there is nothing to wait for."""
    try:
        await cluster.read("/apis/metrics.k8s.io")
    except ApiRefused as error:
        return error.code != 404
    return True
