"""A small pod to ask from: as good as any other pod to Services and network policies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import anyio

from runner.core.labels import client_name, client_pod
from runner.core.pods import is_ready, why_not_ready
from runner.core.target import ApiRefused

if TYPE_CHECKING:
    from runner.core.context import StepContext
    from runner.core.step import Step

_PAUSE = 0.1


class NoClient(Exception):
    """The client pod does not come up: nothing can be asked from it, so nothing is proven."""


async def client_in(
    ctx: StepContext,
    namespace: str | None,
    *,
    image: str,
    labels: Mapping[str, str],
    removal: Callable[[str], Step],
    within: float,
) -> str:
    """The name of a Ready client pod, made when it is not there; `removal` makes the way back from its name.

    Raises:
        NoClient: it is not Ready `within` seconds.
        ApiRefused: the cluster does not take it (quota, policy).
        Unreachable: the API does not answer.

    """
    where = namespace or ctx.cluster.namespace
    name = client_name(ctx.run, where, image, sorted(labels.items()))
    if await ctx.cluster.get("Pod", name, where) is None:
        ctx.undo(removal(name))
        try:
            await ctx.cluster.create(client_pod(name, where, ctx.run, image=image, labels=labels))
        except ApiRefused as refused:
            if refused.code != 409:
                raise
    await _until_ready(ctx, name, where, within)
    return name


async def _until_ready(ctx: StepContext, name: str, namespace: str, within: float) -> None:
    end = ctx.now() + within
    while True:
        pod = await ctx.cluster.get("Pod", name, namespace)
        if pod and is_ready(pod):
            return
        if ctx.now() >= end:
            why = why_not_ready(pod) if pod else "it is gone"
            raise NoClient(f"client pod {name} is not Ready within {within:g} s: {why}")
        await anyio.sleep(_PAUSE)
