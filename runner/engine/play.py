"""The life of one play: steps, loads, evidence, always, undo, and healthy again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import anyio

from runner.core.events import PlayFinished, PlayStarted
from runner.core.verdict import Outcome, Verdict, failed, skipped, unknown
from runner.engine.context import Scene
from runner.engine.interrupt import Interrupt
from runner.engine.stage import MakeContext, Prepare, Stage, is_fault
from runner.engine.undo import Mender
from runner.engine.verdicts import StepResult, of_play
from runner.playbook.plan import Node, PlayPlan, nodes_of, steps_in

_GREEN = (Outcome.PASSED, Outcome.SKIPPED)


@dataclass
class PlayRun:
    """One play and all that its life needs."""

    plan: PlayPlan
    scene: Scene
    healthy: Sequence[Node]
    context: MakeContext
    prepare: Prepare
    mender: Mender
    interrupt: Interrupt
    missing: Callable[[str], str]
    """Why a capability is not there: empty when it is, `!…` when the inventory requires it."""

    async def run(self) -> PlayFinished:
        """Run it and record its verdict; only the interrupt ends it early, and even then what it broke is mended."""
        start = anyio.current_time()
        bus = self.scene.bus
        bus.emit(PlayStarted(play=self.plan.name, where=str(self.plan.where)))
        verdict, result = self._lacking() or await self._live()
        finished = PlayFinished(
            play=self.plan.name,
            outcome=verdict.outcome,
            reason=verdict.reason,
            step=result.name if result else "",
            where=str(result.where if result else self.plan.where),
            seconds=round(anyio.current_time() - start, 3),
            evidence=self.scene.evidence_folder if self.scene.kept else "",
            numbers=self.scene.numbers,
        )
        bus.emit(finished)
        return finished

    def _lacking(self) -> tuple[Verdict, StepResult | None] | None:
        reasons = [why for need in self.plan.needs if (why := self.missing(need))]
        demanded = [why[1:] for why in reasons if why.startswith("!")]
        if demanded:
            return failed("; ".join(demanded)), None
        return (skipped("; ".join(reasons)), None) if reasons else None

    async def _live(self) -> tuple[Verdict, StepResult | None]:
        if self._hurts and not await self._is_healthy(None):
            return self._not_healthy
        try:
            verdict, result = await self._steps()
        finally:
            broken = await self.mender.mend(self.scene)
        if broken and verdict.outcome in _GREEN:
            verdict, result = unknown(f"not undone: {'; '.join(broken)}"), None
        if self._hurts and self.scene.blows and not await self._healed():
            return self._not_healed(verdict, result)
        return verdict, result

    @property
    def _hurts(self) -> bool:
        return any(is_fault(step) for step in steps_in(nodes_of(self.plan)))

    async def _steps(self) -> tuple[Verdict, StepResult | None]:
        async with anyio.create_task_group() as loads:
            stage = self._stage("steps")
            stage.group = loads
            ended = await self.interrupt.work(self._steps_and_loads(stage))
            loads.cancel_scope.cancel()
        self.scene.take_numbers(stage.results)
        verdict, result = of_play(stage.results)
        if not ended:
            verdict, result = unknown(f"interrupted by {self.interrupt.by}"), None
        await self.interrupt.afterwards(self._on_failure(verdict))
        untidy = await self.interrupt.afterwards(self._always())
        return (untidy or verdict, result) if verdict.outcome in _GREEN else (verdict, result)

    async def _steps_and_loads(self, stage: Stage) -> bool:
        await stage.run(self.plan.steps)
        await stage.finish_loads()
        return True

    async def _on_failure(self, verdict: Verdict) -> None:
        if verdict.outcome not in _GREEN:
            await self._stage("on_failure").run_all(self.plan.on_failure)

    async def _always(self) -> Verdict | None:
        """What `always` could not do leaves the system as the next run must not find it."""
        stage = self._stage("always")
        if await stage.run_all(self.plan.always):
            return None
        return unknown(f"always: {of_play(stage.results)[0].reason}")

    def _stage(self, phase: str) -> Stage:
        return Stage(self.scene, self.context, self.prepare, phase)

    async def _is_healthy(self, within: float | None) -> bool:
        self._health = self._stage("healthy")
        with anyio.move_on_after(within):
            return bool(await self.interrupt.work(self._health.run(self.healthy), default=False))
        return False

    @property
    def _not_healthy(self) -> tuple[Verdict, StepResult | None]:
        if self.interrupt.by:
            return unknown(f"interrupted by {self.interrupt.by}"), None
        verdict, result = of_play(self._health.results)
        return unknown(f"not healthy at start: {verdict.reason}"), result

    async def _healed(self) -> bool:
        if self.interrupt.by:
            return True
        return await self._is_healthy(self.plan.healed_within)

    def _not_healed(self, verdict: Verdict, result: StepResult | None) -> tuple[Verdict, StepResult | None]:
        health, culprit = of_play(self._health.results)
        said = health.reason if self._health.results else f"no answer within {self.plan.healed_within:g} s"
        not_healed = failed(f"not healed: {said}")
        return (not_healed, culprit) if verdict.outcome in _GREEN else (verdict, result)
