"""Judge pods: how many, Ready, restarted, and whether the workloads are complete."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from runner.core.bounds import Bounds, out_of_bounds
from runner.core.choice import Emptiness, PodChoice, emptiness, judge_empty
from runner.core.context import StepContext
from runner.core.duration import Duration
from runner.core.expected import Expected, short_of, workloads
from runner.core.observation import Observation
from runner.core.pods import PodSeen, is_active, seen
from runner.core.step import Probe
from runner.core.step import Result as StepResult
from runner.core.target import Obj
from runner.core.that import That, unmet
from runner.core.verdict import Verdict, failed, passed
from runner.core.workloads import WorkloadSeen


class Result(Emptiness):
    """The pods that matched and are neither finished nor being deleted, by name."""

    pods: list[PodSeen]
    left_out: int
    """How many matched but are finished or on their way out."""
    unmet: list[str]
    """A sentence for each pod and expression of `that` that does not hold."""
    workloads: list[WorkloadSeen]
    """What `expected` names, complete or not."""


class AssertPods(PodChoice, Probe):
    """Judge pods. Those that are finished or being deleted are left out (and their number is told).

    Nothing that matches is FAILED. For "everything runs" use `expected: all`: it asks the Deployments, StatefulSets and
    DaemonSets of the namespace, so that a pod that was never made is missed, and an empty namespace is red.

    Example:
        - name: two web servers are Ready
          assert-pods: {selector: "app=web", ready: all, count: 2}
          within: 30s

    """

    Result: ClassVar[type[StepResult]] = Result
    deferred: ClassVar[frozenset[str]] = frozenset({"that"})

    ready: Literal["all"] | int | None = Field(
        default=None, description="All that match must be Ready, or at least so many."
    )
    count: Bounds | None = Field(default=None, description="Exactly so many, or {min: 2, max: 5}.")
    that: That = Field(default_factory=list, description="Expressions that must be true of each pod, as `object`.")
    no_restart_within: Duration | None = Field(
        default=None, gt=0, description="No container may have restarted for so long."
    )
    expected: Expected | None = Field(
        default=None,
        description="Workloads that must have all their replicas Ready: all, a list such as [deployment/web], or their"
        " numbers such as {deployment/web: 3}.",
    )

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        asked = (self.ready, self.count, self.no_restart_within, self.expected)
        if not self.that and all(one is None for one in asked):
            raise ValueError("say what must hold: ready, count, that, no_restart_within or expected")
        return self

    async def look(self, ctx: StepContext) -> Observation:
        """List the pods, and the workloads when some are expected."""
        found = await self.choose_any(ctx)
        active = [pod for pod in found if is_active(pod)]
        now = await ctx.cluster.time() if self.no_restart_within is not None else 0.0
        shorts = await workloads(ctx, self.expected, self.namespace) if self.expected is not None else []
        data = {
            "pods": [seen(pod, now).model_dump() for pod in active],
            "left_out": len(found) - len(active),
            "unmet": [sentence for pod in active for sentence in self._unmet(ctx, pod)],
            "workloads": [one.model_dump() for one in shorts],
        }
        none = self._nothing_at_all(active, shorts)
        return Observation(_summary(data), {**data, **emptiness(self.nothing(ctx) if none else "", ctx)})

    def judge(self, seen: Observation) -> Verdict:
        """Everything that was asked for must hold; the reason names all that does not."""
        pods = [PodSeen.model_validate(pod) for pod in seen.data["pods"]]
        empty = judge_empty(seen)
        if empty and self.count != 0:
            return empty
        wrong = [*self._short(seen), *self._counted(pods), *self._not_ready(pods), *self._restarted(pods)]
        wrong += seen.data["unmet"]
        return failed("; ".join(wrong)) if wrong else passed(seen.summary)

    def _nothing_at_all(self, active: list[Obj], shorts: list[WorkloadSeen]) -> bool:
        """`expected` on its own finds its matter in the workloads."""
        about_pods = self.ready is not None or self.count is not None or bool(self.that)
        return not active and (about_pods or not shorts)

    def _unmet(self, ctx: StepContext, pod: Obj) -> list[str]:
        name = pod["metadata"]["name"]
        return [f"{name}: {sentence}" for sentence in unmet(ctx, self.that, object=pod)]

    def _short(self, seen: Observation) -> list[str]:
        if self.expected is None:
            return []
        return short_of(self.expected, [WorkloadSeen.model_validate(one) for one in seen.data["workloads"]])

    def _counted(self, pods: list[PodSeen]) -> list[str]:
        wrong = out_of_bounds(len(pods), self.count)
        names = f" ({', '.join(pod.name for pod in pods)})" if pods else ""
        return [f"{len(pods)} pods{names}, {wrong}"] if wrong else []

    def _not_ready(self, pods: list[PodSeen]) -> list[str]:
        ready = sum(pod.ready for pod in pods)
        wanted = len(pods) if self.ready == "all" else self.ready or 0
        if ready >= wanted:
            return []
        why = "; ".join(f"{pod.name}: {pod.why}" for pod in pods if not pod.ready)
        return [f"{ready} of {len(pods)} pods are Ready, {wanted} wanted{f' ({why})' if why else ''}"]

    def _restarted(self, pods: list[PodSeen]) -> list[str]:
        limit = self.no_restart_within
        return [
            f"{pod.name} restarted {pod.restarted:.0f} s ago ({pod.restarts} times in all)"
            for pod in pods
            if limit is not None and pod.restarted is not None and pod.restarted < limit
        ]


def _summary(data: dict[str, Any]) -> str:
    pods, complete = data["pods"], data["workloads"]
    parts = [f"{sum(pod['ready'] for pod in pods)} of {len(pods)} pods are Ready"]
    if complete:
        parts.append(f"{sum(not one['why'] for one in complete)} of {len(complete)} workloads are complete")
    if data["left_out"]:
        parts.append(f"{data['left_out']} finished or being deleted")
    return ", ".join(parts)
