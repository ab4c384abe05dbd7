"""Ask the API server whether it would take an object, and judge its answer; nothing is made."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from runner.core.context import StepContext
from runner.core.observation import Observation
from runner.core.step import Probe
from runner.core.step import Result as StepResult
from runner.core.target import ApiRefused
from runner.core.that import That, unmet
from runner.core.verdict import Verdict, failed, passed


class Refusal(BaseModel):
    """How the API server must refuse."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: int = Field(default=403, description="Its HTTP status.")
    message: str = Field(default="", description="Text that its message holds, such as `exceeded quota`.")


class Result(StepResult):
    """What the API server said."""

    admitted: bool
    code: int
    """HTTP status: 201 when it was admitted."""
    message: str
    """Why it was refused; empty when it was not."""
    object: dict[str, Any]
    """As admission would store it, defaults filled in; empty when it was refused."""
    unmet: list[str]


class AssertAdmission(Probe):
    """Ask with a server-side dry run (`dryRun=All`) whether an object would be admitted.

    Quotas, limit ranges and validation judge it as they would in earnest, and nothing is made.

    Example:
        - name: a pod without limits gets those of the LimitRange
          assert-admission:
            manifest:
              apiVersion: v1
              kind: Pod
              metadata: {name: no-limits}
              spec: {containers: [{name: main, image: "docker.io/library/busybox:latest"}]}
            that: "object.spec.containers[0].resources.limits.memory == '256Mi'"

    """

    Result: ClassVar[type[StepResult]] = Result
    deferred: ClassVar[frozenset[str]] = frozenset({"that"})

    manifest: dict[str, Any] = Field(description="The object; its namespace is the target's unless it names one.")
    refused: Refusal | None = Field(default=None, description="It must be refused so; default: it must be admitted.")
    that: That = Field(
        default_factory=list, description="Expressions over the object as it would be stored, as `object`."
    )

    @model_validator(mode="after")
    def _one_answer(self) -> Self:
        if self.refused and self.that:
            raise ValueError("a refused object cannot be looked at: give either refused or that")
        return self

    async def look(self, ctx: StepContext) -> Observation:
        """Ask."""
        try:
            stored = await ctx.cluster.create(self.manifest, dry_run=True)
        except ApiRefused as error:
            data = {"admitted": False, "code": error.code, "message": error.message, "object": {}, "unmet": []}
            return Observation(f"refused with {error.code}: {error.message}", data)
        data = {"admitted": True, "code": 201, "message": "", "object": stored}
        return Observation("admitted", {**data, "unmet": unmet(ctx, self.that, object=stored)})

    def judge(self, seen: Observation) -> Verdict:
        """The answer must be the one that was asked for."""
        if self.refused is None:
            wrong = seen.data["unmet"]
            return failed("; ".join(wrong)) if wrong else (passed if seen.data["admitted"] else failed)(seen.summary)
        right = seen.data["code"] == self.refused.code and self.refused.message in seen.data["message"]
        wanted = "" if right else f"; wanted {self.refused.code} {self.refused.message}".rstrip()
        return (passed if right else failed)(f"{seen.summary}{wanted}")
