"""Wait until workloads are complete, as a rollout is."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from runner.core.choice import Emptiness, emptiness, judge_empty
from runner.core.context import StepContext
from runner.core.expected import Expected, short_of, workloads
from runner.core.observation import Observation
from runner.core.step import Probe
from runner.core.step import Result as StepResult
from runner.core.verdict import Verdict, failed, passed
from runner.core.workloads import WorkloadSeen


class Result(Emptiness):
    """The workloads, complete or not."""

    workloads: list[WorkloadSeen]


class WaitReady(Probe):
    """Wait (with `within`) until workloads are complete.

    Complete means: its controller has seen the last change, every replica is of the new version and Ready, and no old
    one is left. A workload scaled to 0 is not complete unless its number says so.

    Example:
        - name: the shop is up
          wait-ready: {workloads: all}
          within: 60s

    """

    Result: ClassVar[type[StepResult]] = Result

    workloads: Expected = Field(
        default="all",
        description="All of the namespace, a list such as [deployment/web, statefulset/db], or their numbers such as"
        " {deployment/web: 3}.",
    )
    namespace: str | None = Field(default=None, description="Namespace; default: the target's.")

    async def look(self, ctx: StepContext) -> Observation:
        """Read the workloads."""
        found = await workloads(ctx, self.workloads, self.namespace)
        where = self.namespace or ctx.cluster.namespace
        nothing = "" if found else f"matched nothing: no Deployment, StatefulSet or DaemonSet in namespace {where}"
        complete = sum(not one.why for one in found)
        summary = f"{complete} of {len(found)} workloads are complete"
        return Observation(summary, {"workloads": [one.model_dump() for one in found], **emptiness(nothing, ctx)})

    def judge(self, seen: Observation) -> Verdict:
        """All must be complete."""
        if empty := judge_empty(seen):
            return empty
        found = [WorkloadSeen.model_validate(one) for one in seen.data["workloads"]]
        short = short_of(self.workloads, found)
        return failed(f"{seen.summary}: {'; '.join(short)}") if short else passed(seen.summary)
