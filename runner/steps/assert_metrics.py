"""Judge whether the usage of pods or nodes is measured: there, not zero, and fresh."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field

from runner.core import quantity
from runner.core.choice import Emptiness, PodChoice, emptiness, judge_empty
from runner.core.context import StepContext
from runner.core.duration import Duration, text
from runner.core.observation import Observation
from runner.core.pods import is_ready, seconds_of
from runner.core.step import Probe
from runner.core.step import Result as StepResult
from runner.core.target import ApiRefused, Obj
from runner.core.verdict import Verdict, failed, passed


class Usage(StepResult):
    """What one pod or node uses."""

    name: str
    cores: float
    memory_bytes: float
    age: float
    """Seconds since it was measured."""


class Result(Emptiness):
    """The usage of each, and who has none."""

    usage: list[Usage]
    missing: list[str]
    trouble: str
    """Why the metrics API gave nothing; empty when it answered."""


class AssertMetrics(PodChoice, Probe):
    """Judge whether metrics.k8s.io tells the usage of every pod that is Ready, or of every node.

    Each must be young enough and use memory, and all together must use CPU: a single idle pod may well use none while
    it is measured.

    A pod that has just started has no usage yet; give the step a `within`.

    Example:
        - name: the usage of every web server is known
          assert-metrics: {selector: "app=web", max_age: 60s}
          within: 60s

    """

    Result: ClassVar[type[StepResult]] = Result

    nodes: bool = Field(default=False, description="Every node instead of pods.")
    max_age: Duration = Field(default=60.0, gt=0, description="How old a measurement may be.")

    async def look(self, ctx: StepContext) -> Observation:
        """Read who is there, and what is measured."""
        names = await self._names(ctx)
        nothing = "" if names else ("matched nothing: there is no node" if self.nodes else self.nothing(ctx))
        now = await ctx.cluster.time()
        try:
            found = {one["metadata"]["name"]: one for one in await self._measured(ctx)}
            trouble = ""
        except ApiRefused as error:
            found, trouble = {}, f"the metrics API answers {error.code}: {error.message}"
        usage = [_usage(found[name], now).model_dump() for name in names if name in found]
        missing = [name for name in names if name not in found]
        data = {"usage": usage, "missing": missing, "trouble": trouble}
        return Observation(f"{len(usage)} of {len(names)} are measured", {**data, **emptiness(nothing, ctx)})

    def judge(self, seen: Observation) -> Verdict:
        """Every one must be measured, fresh and using memory; together they must use CPU."""
        if empty := judge_empty(seen):
            return empty
        if seen.data["trouble"]:
            return failed(seen.data["trouble"])
        usage = [Usage.model_validate(one) for one in seen.data["usage"]]
        wrong = [f"no usage of {', '.join(seen.data['missing'])}"] if seen.data["missing"] else []
        wrong += [f"{one.name}: measured {one.age:.0f} s ago" for one in usage if one.age > self.max_age]
        wrong += [f"{one.name}: uses no memory" for one in usage if one.memory_bytes <= 0]
        if usage and not any(one.cores > 0 for one in usage):
            wrong.append(f"{len(usage)} use no CPU at all")
        return failed(f"{seen.summary}; {'; '.join(wrong)}") if wrong else passed(self._said(usage))

    def _said(self, usage: list[Usage]) -> str:
        cores, mebibytes = sum(one.cores for one in usage), sum(one.memory_bytes for one in usage) / 2**20
        what = "nodes" if self.nodes else "pods"
        oldest = max(one.age for one in usage)
        used = f"{cores * 1000:.0f} millicores and {mebibytes:.0f} MiB"
        return f"{len(usage)} {what} use {used}, oldest figure {oldest:.0f} s old (limit {text(self.max_age)})"

    async def _names(self, ctx: StepContext) -> list[str]:
        if self.nodes:
            return [str(node["metadata"]["name"]) for node in await ctx.cluster.list("Node")]
        return [str(pod["metadata"]["name"]) for pod in await self.choose(ctx) if is_ready(pod)]

    async def _measured(self, ctx: StepContext) -> list[Obj]:
        if self.nodes:
            return await ctx.cluster.list("NodeMetrics.metrics.k8s.io")
        return await ctx.cluster.list("PodMetrics.metrics.k8s.io", namespace=self.namespace)


def _usage(metrics: Obj, now: float) -> Usage:
    parts: list[Any] = [one["usage"] for one in metrics.get("containers") or [metrics]]
    return Usage(
        name=metrics["metadata"]["name"],
        cores=sum(quantity.number(one["cpu"]) for one in parts),
        memory_bytes=sum(quantity.number(one["memory"]) for one in parts),
        age=round(max(0.0, now - seconds_of(metrics["timestamp"])), 1),
    )
