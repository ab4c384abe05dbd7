"""Run a program on this machine and judge its exit code and its output."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from runner.core.argv import Argv, last_line, shortened
from runner.core.context import StepContext
from runner.core.duration import Duration
from runner.core.observation import Observation
from runner.core.step import Probe
from runner.core.step import Result as StepResult
from runner.core.that import That, unmet
from runner.core.verdict import Verdict, failed, passed, unknown


class Result(StepResult):
    """What the program said. Output over 16 KiB is cut."""

    code: int
    stdout: str
    stderr: str
    trouble: str
    """Why it could not be run to its end; empty when it was."""
    unmet: list[str]


class Command(Probe):
    """Run a program on this machine, in the playbook's folder, and judge its exit code and its output.

    With `within` it is run again until it is right, so it should bear that. A program that is not there, or that does
    not end in time, is UNKNOWN: that says something about this machine and nothing about the system.

    Example:
        - name: the release notes name a version
          command: {argv: [echo, "version 1.2"], that: "'version' in object.stdout"}

    """

    Result: ClassVar[type[StepResult]] = Result
    deferred: ClassVar[frozenset[str]] = frozenset({"that"})

    argv: Argv = Field(description="List of words, or a line for the shell.")
    code: int = Field(default=0, description="Exit code that is right.")
    that: That = Field(default_factory=list, description="Expressions over object.stdout, object.stderr, object.code.")
    env: dict[str, str] | None = Field(default=None, description="The program's whole environment; default: ours.")
    cwd: str | None = Field(default=None, description="Where it runs; default: the playbook's folder.")
    timeout: Duration = Field(default=60.0, gt=0, description="Time that one run may take.")

    @property
    def look_limit(self) -> float:
        """A program has the time that the playbook gives it, and a second to be ended."""
        return self.timeout + 1.0

    async def look(self, ctx: StepContext) -> Observation:
        """Run it."""
        try:
            done = await ctx.command(self.argv, timeout=self.timeout, env=self.env, cwd=self.cwd)
        except TimeoutError:
            return self._failed_to_run(f"did not end within {self.timeout:g} s")
        except OSError as error:
            return self._failed_to_run((error.strerror or type(error).__name__).lower())
        data = {"code": done.code, "stdout": shortened(done.stdout), "stderr": shortened(done.stderr), "trouble": ""}
        return Observation(f"code {done.code}", {**data, "unmet": unmet(ctx, self.that, object=data)})

    def judge(self, seen: Observation) -> Verdict:
        """The code first, then the expressions."""
        data, program = seen.data, self.argv[0]
        if data["trouble"]:
            return unknown(f"{program}: {data['trouble']}")
        if data["code"] != self.code:
            said = last_line(data["stdout"], data["stderr"])
            return failed(f"{program} ended with code {data['code']}, not {self.code}: {said}")
        if data["unmet"]:
            return failed("; ".join(data["unmet"]))
        return passed(f"{program} ended with code {data['code']}: {last_line(data['stderr'], data['stdout'])}")

    def _failed_to_run(self, trouble: str) -> Observation:
        return Observation(trouble, {"code": -1, "stdout": "", "stderr": "", "trouble": trouble, "unmet": []})
