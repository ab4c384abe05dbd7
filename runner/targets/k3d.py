"""A k3d cluster: k3s in containers, found by its name."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from runner.targets.api.front_door import load_balancer
from runner.targets.kubernetes import KubernetesCluster, open_context

starts_its_own = False


class Options(BaseModel):
    """What an inventory says about it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default="k3s-default", description="Name as `k3d cluster list` shows it.")
    namespace: str = Field(default="default", description="Where steps look unless they say otherwise.")
    ingress: str | None = Field(
        default=None, description="Base address of the ingress; default: the address of its load balancer."
    )


def supported() -> None:
    """It works wherever the runner does."""


async def connect(options: Options, **_: object) -> KubernetesCluster:
    """Connect to the context that k3d wrote into the kubeconfig."""
    cluster = await open_context(
        None, f"k3d-{options.name}", namespace=options.namespace, ingress=options.ingress, capabilities=None
    )
    cluster.ingress = cluster.ingress or await load_balancer(cluster)
    return cluster
