"""Run a command inside pods and judge its exit code and its output."""

from __future__ import annotations

import json
import warnings
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from runner.core.argv import Argv, last_line, shortened
from runner.core.choice import Emptiness, PodChoice, emptiness, judge_empty
from runner.core.context import StepContext
from runner.core.duration import Duration
from runner.core.errors import Unreachable
from runner.core.observation import Observation
from runner.core.pods import is_ready, running_containers, why_not_ready
from runner.core.step import Probe
from runner.core.step import Result as StepResult
from runner.core.target import ApiRefused, Obj
from runner.core.that import That, unmet
from runner.core.together import together
from runner.core.verdict import Verdict, failed, passed

# Pydantic warns that the name hides an old method of its own, which nobody calls here.
warnings.filterwarnings("ignore", message='Field name "json" in ".*" shadows', category=UserWarning)


class Run(StepResult):
    """One command in one pod."""

    pod: str
    code: int
    """-1: it could not be run, or did not end."""
    stdout: str
    stderr: str
    json: Any = None
    trouble: str
    """Why there is no exit code; empty when there is one."""
    unmet: list[str]


class Result(Emptiness):
    """All runs; the other attributes are those of the first."""

    runs: list[Run]
    pod: str
    code: int
    stdout: str
    stderr: str
    json: Any = None
    """The output read as JSON; none when it is no JSON."""


class ExecInPod(PodChoice, Probe):
    """Run a command in a pod, the first Ready one, or with `each` in all that match, and judge code and output.

    With `within` it is run again until it is right: write commands that bear it. A command that does not end in time is
    FAILED (the system hangs); one that cannot be run since the node does not answer is UNKNOWN.

    Example:
        - name: the web server knows its database
          exec-in-pod: {selector: "app=web", command: [printenv, DB_HOST], that: "object.stdout == 'db'"}

    """

    Result: ClassVar[type[StepResult]] = Result
    deferred: ClassVar[frozenset[str]] = frozenset({"that"})

    container: str | None = Field(default=None, description="Container; default: the pod's first.")
    command: Argv = Field(description="List of words, or a line for the shell (sh must be in the image).")
    stdin: str | None = Field(default=None, description="Text for its standard input.")
    code: int = Field(default=0, description="Exit code that is right.")
    that: That = Field(
        default_factory=list, description="Expressions over object.stdout, object.stderr, object.code, object.json."
    )
    each: bool = Field(default=False, description="In every pod that matches, Ready or not; else in one.")
    timeout: Duration = Field(default=9.0, gt=0, description="Time that the command may take.")

    @model_validator(mode="after")
    def _aimed(self) -> Self:
        if not self.selector and not self.pod:
            raise ValueError("say which pods: selector or pod")
        return self

    @property
    def look_limit(self) -> float:
        """The command's own time, and some to reach the pod."""
        return self.timeout + 5.0

    async def look(self, ctx: StepContext) -> Observation:
        """Run it in the chosen pods at the same time."""
        pods = await self.choose(ctx)
        if not self.each:
            pods = sorted(pods, key=lambda pod: not is_ready(pod))[:1]
        done = await together(self._run(ctx, pod) for pod in pods)
        first = done[0] if done else _run("", trouble="no pod")
        shown = {key: first[key] for key in ("pod", "code", "stdout", "stderr", "json")}
        empty = emptiness("" if pods else self.nothing(ctx), ctx)
        return Observation(f"ran in {len(done)} pods", {"runs": done, **shown, **empty})

    def judge(self, seen: Observation) -> Verdict:
        """Every run must be right."""
        if empty := judge_empty(seen):
            return empty
        runs = seen.data["runs"]
        wrong = [f"{run['pod']}: {why}" for run in runs if (why := self._wrong(run))]
        if wrong:
            return failed(f"{len(wrong)} of {len(runs)} pods: {'; '.join(wrong)}" if len(runs) > 1 else wrong[0])
        said = last_line(runs[0]["stderr"], runs[0]["stdout"])
        return passed(f"code {self.code} in {', '.join(run['pod'] for run in runs)}: {said}")

    def _wrong(self, run: dict[str, Any]) -> str:
        if run["trouble"]:
            return str(run["trouble"])
        if run["code"] != self.code:
            return f"code {run['code']}, not {self.code}: {last_line(run['stdout'], run['stderr'])}"
        return "; ".join(run["unmet"])

    async def _run(self, ctx: StepContext, pod: Obj) -> dict[str, Any]:
        name, namespace = pod["metadata"]["name"], pod["metadata"].get("namespace")
        container = self.container or pod["spec"]["containers"][0]["name"]
        if container not in running_containers(pod):
            return _run(name, trouble=f"container {container} does not run: {why_not_ready(pod)}")
        try:
            done = await ctx.cluster.exec(
                name, self.command, container=container, namespace=namespace, stdin=self.stdin, timeout=self.timeout
            )
        except TimeoutError:
            return _run(name, trouble=f"did not end within {self.timeout:g} s")
        except ApiRefused as error:
            if error.code in (502, 503, 504):
                node = pod["spec"].get("nodeName")
                raise Unreachable(f"the kubelet of {node} does not answer for {name} ({error.code})") from error
            return _run(name, trouble=error.message)
        run = _run(name, code=done.code, stdout=shortened(done.stdout), stderr=shortened(done.stderr))
        return {**run, "unmet": unmet(ctx, self.that, object=run)}


def _run(pod: str, *, code: int = -1, stdout: str = "", stderr: str = "", trouble: str = "") -> dict[str, Any]:
    try:
        parsed = json.loads(stdout)
    except ValueError:
        parsed = None
    output = {"stdout": stdout, "stderr": stderr, "json": parsed}
    return {"pod": pod, "code": code, **output, "trouble": trouble, "unmet": []}
