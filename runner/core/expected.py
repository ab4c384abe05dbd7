"""Workloads that must be complete: all of a namespace, named ones, or named ones with their numbers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from runner.core.bounds import Bounds, out_of_bounds
from runner.core.context import StepContext
from runner.core.together import together
from runner.core.workloads import KINDS, WorkloadSeen, reference, seen


def _checked(value: Any) -> Any:
    if isinstance(value, str) and value != "all":
        value = [value]
    if isinstance(value, list | dict):
        if not value:
            raise ValueError("an empty list expects nothing; write all, or name workloads")
        for name in value:
            reference(str(name))
    return value


Expected = Annotated[Literal["all"] | list[str] | dict[str, Bounds], BeforeValidator(_checked)]
"""`all`, `[deployment/web]` or `{deployment/web: 3, deployment/api: {min: 2}}`."""


async def workloads(ctx: StepContext, expected: Expected, namespace: str | None) -> list[WorkloadSeen]:
    """What is expected, as it is; a named one that is not there appears with 0 of 0 replicas and `not there`."""
    if expected == "all":
        lists = await together(ctx.cluster.list(kind, namespace=namespace) for kind in KINDS)
        return sorted((seen(one) for found in lists for one in found), key=lambda one: one.name)
    return await together(_named(ctx, name, namespace) for name in expected)


def short_of(expected: Expected, found: list[WorkloadSeen]) -> list[str]:
    """A sentence for each workload that is not as expected, and one when there is none at all."""
    if not found:
        return ["there is no Deployment, StatefulSet or DaemonSet"]
    return [f"{one.name}: {why}" for one in found if (why := _why(expected, one))]


def _why(expected: Expected, one: WorkloadSeen) -> str:
    if one.why:
        return one.why
    if isinstance(expected, dict):
        wrong = out_of_bounds(one.ready, expected[one.name])
        return f"{one.ready} replicas are Ready, {wrong}" if wrong else ""
    return "it is scaled to 0" if one.wanted == 0 and not one.name.startswith("daemonset/") else ""


async def _named(ctx: StepContext, name: str, namespace: str | None) -> WorkloadSeen:
    kind, plain = reference(name)
    there = await ctx.cluster.get(kind, plain, namespace)
    if there is None:
        return WorkloadSeen(name=name, wanted=0, ready=0, why="not there")
    return seen({**there, "kind": kind}).model_copy(update={"name": name})
