"""The controllers: each file is one of them, or an idea that several share.

They see the cluster through shared caches (`cluster`), work on keys from a queue (`controller`, `workqueue`), and write
through the client. None of them polls, but for the autoscaler, which measures every five seconds.
"""

import asyncio
import os
import tempfile
from pathlib import Path

from localcluster.client import Client
from localcluster.controllers.addons import install
from localcluster.controllers.autoscaler import Autoscaler
from localcluster.controllers.claim_protection import ClaimProtection
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.controller import Controller
from localcluster.controllers.daemonset import DaemonSets
from localcluster.controllers.deployment import Deployments
from localcluster.controllers.disruption import DisruptionBudgets
from localcluster.controllers.endpoints import EndpointsController
from localcluster.controllers.endpointslice import EndpointSlices
from localcluster.controllers.endpointslice_mirroring import EndpointSliceMirroring
from localcluster.controllers.garbage import GarbageCollector
from localcluster.controllers.job import Jobs
from localcluster.controllers.kubernetes_service import KubernetesService
from localcluster.controllers.namespaces import Namespaces
from localcluster.controllers.node_lifecycle import NodeLifecycle
from localcluster.controllers.replicaset import ReplicaSets
from localcluster.controllers.scheduler import Scheduler
from localcluster.controllers.statefulset import StatefulSets
from localcluster.controllers.taint_eviction import TaintEviction
from localcluster.controllers.volume_reclaim import VolumeReclaim
from localcluster.controllers.volumes import VolumeBinder

_SIMPLE: tuple[type[Controller], ...] = (
    Deployments,
    ReplicaSets,
    StatefulSets,
    DaemonSets,
    Jobs,
    DisruptionBudgets,
    EndpointsController,
    EndpointSlices,
    EndpointSliceMirroring,
    KubernetesService,
    ClaimProtection,
    GarbageCollector,
    Namespaces,
    NodeLifecycle,
    TaintEviction,
    Scheduler,
    Autoscaler,
)


async def run(
    client: Client, *, volumes: Path | None = None, metrics: Client | None = None, addons: bool = True
) -> None:
    """Run all controllers until cancelled.

    `volumes` is the folder for the data of PersistentVolumeClaims, `metrics` a client that reaches metrics.k8s.io
    (`client` unless given), `addons` says whether to create the objects of `localcluster/system` first.
    """
    cluster = Cluster(client, metrics)
    folder = volumes or _volumes()
    controllers = [make(cluster) for make in _SIMPLE]
    controllers += [VolumeBinder(cluster, folder), VolumeReclaim(cluster, folder)]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(cluster.run())
        await cluster.synced()
        for controller in controllers:
            tasks.create_task(controller.run(), name=controller.name)
        if addons:
            await install(client)


def _volumes() -> Path:
    """Below the state folder that the launcher names; outside a launched cluster, a temporary folder."""
    state = os.environ.get("LOCALCLUSTER_STATE")
    return Path(state) / "volumes" if state else Path(tempfile.gettempdir()) / "localcluster-volumes"
