"""Change the number of replicas of a workload, and change it back when the play is over."""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, model_validator

from runner.core.context import StepContext
from runner.core.errors import Refused
from runner.core.observation import Observation
from runner.core.pods import is_ready
from runner.core.selectors import as_text
from runner.core.step import Fault
from runner.core.step import Result as StepResult
from runner.core.target import Obj
from runner.core.verdict import Verdict, passed, unknown


class Result(StepResult):
    """The numbers of replicas."""

    workload: str
    before: int
    replicas: int
    selector: str
    """Label selector of its pods."""


class Scale(Fault):
    """Set the replicas of a Deployment or StatefulSet; the old number comes back at the end of the play.

    Proof: there are exactly that many pods of it, all Ready, and none on its way out. A HorizontalPodAutoscaler that
    owns the number sets it back; scale what it does not own.

    Example:
        - name: no worker is left
          scale: {deployment: worker, replicas: 0}

    """

    Result: ClassVar[type[StepResult]] = Result

    deployment: str | None = Field(default=None, description="Name of a Deployment.")
    statefulset: str | None = Field(default=None, description="Name of a StatefulSet.")
    replicas: int = Field(ge=0, description="How many replicas it shall have.")
    namespace: str | None = Field(default=None, description="Namespace; default: the target's.")

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.deployment is None) == (self.statefulset is None):
            raise ValueError("give either deployment or statefulset")
        return self

    async def strike(self, ctx: StepContext) -> Observation:
        """Note the old number as the way back, then set the new one."""
        kind, name = self._workload
        there = await ctx.cluster.get(kind, name, self.namespace)
        if there is None:
            raise Refused(f"matched nothing: no {kind} {name} in namespace {self.namespace or ctx.cluster.namespace}")
        before = _replicas(there)
        if before != self.replicas:
            ctx.undo(self.model_copy(update={"replicas": before, "namespace": there["metadata"]["namespace"]}))
        await ctx.blow()
        await ctx.cluster.patch(kind, name, {"spec": {"replicas": self.replicas}}, self.namespace)
        data = {"workload": f"{kind.lower()}/{name}", "before": before, "replicas": self.replicas}
        selector = as_text(there["spec"]["selector"])
        return Observation(
            f"scaled {kind.lower()}/{name} from {before} to {self.replicas}", {**data, "selector": selector}
        )

    async def prove(self, ctx: StepContext, struck: Observation) -> Verdict:
        """Count the pods themselves."""
        pods = await ctx.cluster.list("Pod", struck.data["selector"], namespace=self.namespace)
        ready = sum(is_ready(pod) for pod in pods)
        if len(pods) == ready == self.replicas:
            return passed(f"it has {ready} pods, all Ready" if ready else "no pod of it is left")
        return unknown(f"it has {len(pods)} pods, {ready} of them Ready, not {self.replicas}")

    @property
    def _workload(self) -> tuple[str, str]:
        if self.deployment is not None:
            return "Deployment", self.deployment
        return "StatefulSet", str(self.statefulset)


def _replicas(workload: Obj) -> int:
    replicas = workload["spec"].get("replicas")
    return 1 if replicas is None else int(replicas)
