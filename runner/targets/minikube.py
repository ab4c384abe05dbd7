"""A minikube cluster, found by its profile."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from runner.targets.api.front_door import node
from runner.targets.kubernetes import KubernetesCluster, open_context

starts_its_own = False


class Options(BaseModel):
    """What an inventory says about it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    profile: str = Field(default="minikube", description="Profile as `minikube profile list` shows it.")
    namespace: str = Field(default="default", description="Where steps look unless they say otherwise.")
    ingress: str | None = Field(
        default=None,
        description="Base address of the ingress; default: the node's address, where its ingress addon listens.",
    )


def supported() -> None:
    """It works wherever the runner does."""


async def connect(options: Options, **_: object) -> KubernetesCluster:
    """Connect to the context that minikube wrote into the kubeconfig."""
    cluster = await open_context(
        None, options.profile, namespace=options.namespace, ingress=options.ingress, capabilities=None
    )
    cluster.ingress = cluster.ingress or await node(cluster)
    return cluster
