"""What a step may ask for, noted in memory; and an engine of ten lines that runs one step."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio

from runner.clock import run_virtually
from runner.core.errors import Where
from runner.core.observation import Observation
from runner.core.step import Action, Fault, Probe, Step
from runner.core.target import CommandResult
from runner.core.verdict import Verdict, passed, unknown
from runner.engine.poll import until
from runner.engine.verdicts import blame
from runner.playbook.variables import evaluate
from runner.testing.cluster import FakeCluster


@dataclass
class FakeContext:
    """A `core.context.StepContext` that notes what a step asks of it."""

    cluster: Any = field(default_factory=FakeCluster)
    """A `FakeCluster`, or what a test has instead."""
    run: str = "drill-1"
    play: str = "a play"
    folder: str = "."
    allow_empty: bool = False
    blows: list[float] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    undos: list[Step] = field(default_factory=list)
    kept: dict[str, str] = field(default_factory=dict)
    """Evidence, by name."""
    published: dict[str, Any] = field(default_factory=dict)
    milestones: list[tuple[str, float]] = field(default_factory=list)

    def now(self) -> float:
        """See `core.context.StepContext`, as for every method here."""
        return anyio.current_time()

    async def blow(self) -> None:
        """Note the moment."""
        self.blows.append(self.now())

    def undo(self, step: Step, *, within: float = 60.0) -> None:  # noqa: ARG002 - it is never late here
        """Note the way back."""
        self.undos.append(step)

    def evaluate(self, expression: str, **extra: Any) -> Any:
        """Evaluate as the engine does."""
        return evaluate(expression, self.variables, **extra)

    def set(self, name: str, value: Any) -> None:
        """Set a variable."""
        self.variables[name] = value

    def publish(self, **state: Any) -> None:
        """Note a load's live state."""
        self.published |= state

    def milestone(self, name: str, **facts: Any) -> None:
        """Note a moment."""
        self.milestones.append((name, facts.get("at", self.now())))

    def evidence(self, name: str, text: str) -> str:
        """Keep a text in memory."""
        self.kept[name] = text
        return f"evidence/{name}"

    async def command(
        self, argv: Sequence[str], *, timeout: float, env: dict[str, str] | None = None, cwd: str | None = None
    ) -> CommandResult:
        """Run it for real."""
        with anyio.fail_after(timeout):
            done = await anyio.run_process(list(argv), check=False, env=env, cwd=cwd or self.folder)
        return CommandResult(done.returncode, done.stdout.decode(), done.stderr.decode())


def run_step(
    step: Step, ctx: FakeContext, *, within: float | None = None, hold: float | None = None
) -> tuple[Verdict, Observation | None]:
    """Run an action, a fault with its proof (10 s), or a probe as the engine does, in virtual time."""
    return run_virtually(perform(step, ctx, within=within, hold=hold))


async def perform(
    step: Step, ctx: FakeContext, *, within: float | None = None, hold: float | None = None
) -> tuple[Verdict, Observation | None]:
    """The same inside a running loop, for tests that do several things in a row."""
    runs = _Runs(step, ctx)
    if isinstance(step, Fault):
        verdict = await runs.blamed(runs.strike)
        patience: float | None = within or 10.0
        if not verdict.passed:
            return verdict, None
    else:
        patience = within

    async def look() -> Verdict:
        return await runs.blamed(runs.look)

    return await until(look, within=patience, hold=hold, every=0.2, changed=lambda _: None), runs.seen


@dataclass
class _Runs:
    step: Step
    ctx: FakeContext
    seen: Observation | None = None

    async def strike(self) -> Verdict:
        assert isinstance(self.step, Fault)
        self.seen = await self.step.strike(self.ctx)
        return passed(self.seen.summary)

    async def look(self) -> Verdict:
        match self.step:
            case Probe():
                self.seen = await self.step.look(self.ctx)
                return self.step.judge(self.seen)
            case Fault():
                assert self.seen
                return await self.step.prove(self.ctx, self.seen)
            case Action():
                self.seen = await self.step.act(self.ctx)
                return passed(self.seen.summary)
            case _:
                return unknown(f"{self.step.kind()} is a load; drive it yourself")

    async def blamed(self, act: Callable[[], Awaitable[Verdict]]) -> Verdict:
        try:
            return await act()
        except Exception as error:  # noqa: BLE001 - as the engine: an error becomes a verdict
            return blame(error, Where("test", 0))
