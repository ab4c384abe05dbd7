"""Judge what pods have logged."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Self

from pydantic import Field, field_validator, model_validator

from runner.core.choice import Emptiness, PodChoice, emptiness, judge_empty
from runner.core.context import StepContext
from runner.core.duration import Duration
from runner.core.observation import Observation
from runner.core.step import Probe
from runner.core.step import Result as StepResult
from runner.core.target import ApiRefused, Obj
from runner.core.together import together
from runner.core.verdict import Verdict, failed, passed

# Of many matching lines, the first few tell enough.
_SHOWN = 5


class Log(StepResult):
    """The log of one pod."""

    pod: str
    lines: int
    found: list[str]
    """The first lines with `pattern`."""
    unwanted: list[str]
    """The first lines with `absent`."""
    trouble: str
    """Why there is no log; empty when there is one."""


class Result(Emptiness):
    """The log of each pod."""

    logs: list[Log]


class AssertLogs(PodChoice, Probe):
    """Judge what pods have logged.

    `pattern` must be in the log of at least one of them (`each`: of every one), `absent` in none. A log that cannot
    be read is FAILED, for it was not shown that the unwanted is absent.

    Example:
        - name: the web servers complain about nothing
          assert-logs: {selector: "app=web", absent: "Traceback|ERROR", since: 60s}

    """

    Result: ClassVar[type[StepResult]] = Result

    pattern: str | None = Field(default=None, description="Regular expression that must be found in a line.")
    absent: str | None = Field(default=None, description="Regular expression that no line may match.")
    each: bool = Field(default=False, description="`pattern` must be in the log of every pod, not of one.")
    container: str | None = Field(default=None, description="Container; default: the pod's first.")
    since: Duration | None = Field(default=None, ge=1, description="Only what is younger, whole seconds.")
    tail: int | None = Field(default=None, gt=0, description="Only so many lines from the end.")

    @field_validator("pattern", "absent")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"no regular expression: {error}") from error
        return value

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if self.pattern is None and self.absent is None:
            raise ValueError("say what must hold: pattern or absent")
        return self

    async def look(self, ctx: StepContext) -> Observation:
        """Read the logs, all at the same time."""
        pods = await self.choose(ctx)
        logs = await together(self._log(ctx, pod) for pod in pods)
        lines = sum(log["lines"] for log in logs)
        empty = emptiness("" if pods else self.nothing(ctx), ctx)
        return Observation(f"read {lines} lines of {len(pods)} pods", {"logs": logs, **empty})

    def judge(self, seen: Observation) -> Verdict:
        """The wanted must be there, the unwanted not."""
        if empty := judge_empty(seen):
            return empty
        logs = [Log.model_validate(log) for log in seen.data["logs"]]
        wrong = [f"{log.pod}: {log.trouble}" for log in logs if log.trouble]
        wrong += [f"{log.pod} logged: {line}" for log in logs for line in log.unwanted]
        without = [log.pod for log in logs if not log.found]
        if self.pattern is not None and (len(without) == len(logs) or (self.each and without)):
            wrong.append(f"{self.pattern!r} is not in the log of {', '.join(without)}")
        return failed("; ".join(wrong)) if wrong else passed(self._said(seen, logs))

    def _said(self, seen: Observation, logs: list[Log]) -> str:
        first = next((log for log in logs if log.found), None)
        return f"{seen.summary}: {first.pod} logged: {first.found[0]}" if first else seen.summary

    async def _log(self, ctx: StepContext, pod: Obj) -> dict[str, Any]:
        name = pod["metadata"]["name"]
        container = self.container or pod["spec"]["containers"][0]["name"]
        namespace = pod["metadata"].get("namespace")
        try:
            log = await ctx.cluster.logs(
                name, container=container, namespace=namespace, tail=self.tail, since=self.since
            )
        except ApiRefused as error:
            return {"pod": name, "lines": 0, "found": [], "unwanted": [], "trouble": error.message}
        lines = log.splitlines()
        found, unwanted = _matching(self.pattern, lines), _matching(self.absent, lines)
        return {"pod": name, "lines": len(lines), "found": found, "unwanted": unwanted, "trouble": ""}


def _matching(pattern: str | None, lines: list[str]) -> list[str]:
    if pattern is None:
        return []
    return [line.strip()[:300] for line in lines if re.search(pattern, line)][:_SHOWN]
