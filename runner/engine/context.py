"""What a step may ask for, bound to one step of one play."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio

from runner.core.events import EvidenceKept, Milestone, UndoOwed
from runner.core.step import Step
from runner.core.target import Cluster, CommandResult
from runner.engine.bus import Bus
from runner.engine.journal import Entry, Journal
from runner.engine.verdicts import StepResult
from runner.playbook.variables import evaluate


@dataclass
class Scene:
    """What the steps of a play share while it runs."""

    run: str
    play: str
    logs: Path
    """The run's own folder."""
    folder: str
    bus: Bus
    journal: Journal
    mask: Callable[[str], str]
    variables: dict[str, Any]
    owed: list[Entry] = field(default_factory=list)
    """Ways back, in the order in which they were written."""
    blows: list[float] = field(default_factory=list)
    kept: int = 0
    """Pieces of evidence so far."""
    numbers: dict[str, Any] = field(default_factory=dict)
    """Figures of the play's loads, for reports."""

    @property
    def evidence_folder(self) -> str:
        """Where this play's evidence lies, relative to the run's folder."""
        return str(Path("evidence") / _slug(self.play))

    def take_numbers(self, results: Sequence[StepResult]) -> None:
        """Keep the plain figures of what the loads measured; a second load's carry its name."""
        for result in results:
            if result.load and isinstance(result.data, dict):
                prefix = f"{result.name}: " if self.numbers else ""
                self.numbers.update({prefix + key: v for key, v in result.data.items() if _is_figure(v)})


def _is_figure(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass
class Context:
    """The engine's side of `core.context.StepContext`."""

    scene: Scene
    step_name: str
    target: str
    cluster: Cluster
    allow_empty: bool = False
    mending: bool = False
    """An undo runs: it owes nothing itself, and what it does is no blow."""
    ready: Callable[[dict[str, Any]], None] = lambda _state: None
    together: Callable[[], Awaitable[None]] | None = None
    struck: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)
    """Names of this step alone: `item` in a loop."""

    @property
    def run(self) -> str:
        return self.scene.run

    @property
    def play(self) -> str:
        return self.scene.play

    @property
    def folder(self) -> str:
        return self.scene.folder

    @property
    def blows(self) -> Sequence[float]:
        return self.scene.blows

    @property
    def variables(self) -> Mapping[str, Any]:
        return {**self.scene.variables, **self.extra}

    def now(self) -> float:
        return anyio.current_time()

    async def blow(self) -> None:
        if self.mending:
            return
        if self.together:
            await self.together()
        self.struck = True
        self.scene.blows.append(self.now())
        self.milestone("struck", step=self.step_name)

    def undo(self, step: Step, *, within: float = 60.0) -> None:
        if self.mending:
            return
        entry = self.scene.journal.owe(step, play=self.play, target=self.target, within=within)
        self.scene.owed.append(entry)
        self.scene.bus.emit(UndoOwed(play=self.play, undo=entry.id, label=entry.label))

    def evaluate(self, expression: str, **extra: Any) -> Any:
        return evaluate(expression, self.scene.variables, **{**self.extra, **extra})

    def set(self, name: str, value: Any) -> None:
        self.scene.variables[name] = value

    def publish(self, **state: Any) -> None:
        self.ready(state)

    def milestone(self, name: str, **facts: Any) -> None:
        at = self.scene.bus.since_start(facts.pop("at", self.now()))
        self.scene.bus.emit(Milestone(play=self.play, name=name, at=at, facts=facts))

    def evidence(self, name: str, text: str) -> str:
        self.scene.kept += 1
        safe = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-")
        relative = Path(self.scene.evidence_folder) / f"{self.scene.kept:02d}-{safe}"
        path = self.scene.logs / relative
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.scene.mask(text), encoding="utf-8")
        self.scene.bus.emit(EvidenceKept(play=self.play, path=str(relative)))
        return str(relative)

    async def command(
        self, argv: Sequence[str], *, timeout: float, env: dict[str, str] | None = None, cwd: str | None = None
    ) -> CommandResult:
        with anyio.fail_after(timeout):
            done = await anyio.run_process(list(argv), check=False, env=env, cwd=cwd or self.folder)
        return CommandResult(
            done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        )


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "setup"
