"""Runs nodes in order within one scene: a play's steps, its evidence, the setup, the healthy probes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import anyio
from anyio.abc import TaskGroup

from runner.core.context import ExpressionError
from runner.core.events import StepFinished, StepStarted
from runner.core.step import Fault, Load, Step
from runner.core.verdict import Outcome, Verdict, skipped, unknown, worst
from runner.engine.barrier import Barrier, Branch
from runner.engine.build import build
from runner.engine.context import Context, Scene
from runner.engine.execute import Ran, Timing, execute
from runner.engine.loads import RunningLoad
from runner.engine.verdicts import StepResult, blame
from runner.playbook.plan import Node, ParallelPlan, StepPlan, steps_in
from runner.playbook.variables import evaluate, render

MakeContext = Callable[[Scene, StepPlan], Context]
Prepare = Callable[[object], Awaitable[None]]


@dataclass
class Stage:
    """What nodes run in, and what came of them so far."""

    scene: Scene
    context: MakeContext
    prepare: Prepare
    """Fetches the secrets that a template names before it is rendered."""
    phase: str = "steps"
    group: TaskGroup | None = None
    """Where loads run; None: no load may start here."""
    loads: list[RunningLoad] = field(default_factory=list)
    results: list[StepResult] = field(default_factory=list)

    async def run(self, nodes: Sequence[Node], branch: Branch | None = None) -> bool:
        """Run nodes in order up to the first that is not green; True when all were (a skipped step is no stop)."""
        for node in nodes:
            green = await (self._parallel(node) if isinstance(node, ParallelPlan) else self._step(node, branch))
            if not green:
                return False
        return True

    async def run_all(self, nodes: Sequence[Node]) -> bool:
        """Run all of them whatever comes of each: evidence and `always`."""
        return all([await self.run((node,)) for node in nodes])

    async def _parallel(self, node: ParallelPlan) -> bool:
        striking = [any(is_fault(step) for step in steps_in(nodes)) for nodes in node.branches]
        barrier = Barrier(sum(striking))
        green: list[bool] = []

        async def run(nodes: tuple[Node, ...], branch: Branch | None) -> None:
            try:
                green.append(await self.run(nodes, branch))
            finally:
                if branch:
                    branch.leave()

        async with anyio.create_task_group() as group:
            for nodes, strikes in zip(node.branches, striking, strict=True):
                group.start_soon(run, nodes, Branch(barrier) if strikes else None)
        return all(green)

    async def _step(self, plan: StepPlan, branch: Branch | None) -> bool:
        start = anyio.current_time()
        self.scene.bus.emit(
            StepStarted(play=self.scene.play, phase=self.phase, step=plan.name, kind=plan.kind, where=str(plan.where))
        )
        result = await self._tried(plan, branch)
        if result is None:
            return True
        if plan.register and result.data is not None:
            self.scene.variables[plan.register] = result.data
        self._finish(plan, result, anyio.current_time() - start)
        return result.verdict.outcome in (Outcome.PASSED, Outcome.SKIPPED)

    async def _tried(self, plan: StepPlan, branch: Branch | None) -> StepResult | None:
        """The step's result, or None when it was a load that now runs."""
        try:
            await self.prepare((plan.args, plan.when, plan.loop, plan.within))
            if plan.when is not None and not evaluate(plan.when, self._names(plan)):
                return self._lost(plan, f"when: {plan.when} is false")
            if plan.loop is not None:
                return await self._looped(plan, branch)
            return await self._once(plan, self._names(plan), branch)
        except Exception as error:  # noqa: BLE001 - one place turns errors into verdicts
            void = issubclass(plan.model, Fault | Load)
            return StepResult(plan.name, plan.where, blame(error, plan.where), void=void)

    def _names(self, plan: StepPlan) -> dict[str, Any]:
        """The scene's variables, with those of the step's include over them."""
        return {**self.scene.variables, **plan.variables}

    async def _looped(self, plan: StepPlan, branch: Branch | None) -> StepResult | None:
        items = render(plan.loop, self._names(plan))
        if not isinstance(items, list | tuple):
            raise ExpressionError(f"loop: {plan.loop!r} is no list but {type(items).__name__}")
        if not items:
            return self._lost(plan, "the loop is empty")
        ran: list[StepResult] = []
        for item in items:
            result = await self._once(plan, {**self._names(plan), "item": item}, branch)
            if result is not None:
                ran.append(result)
                if not result.verdict.passed:
                    break
        return _joined(ran)

    async def _once(self, plan: StepPlan, variables: Mapping[str, Any], branch: Branch | None) -> StepResult | None:
        step, timing = build(plan, variables)
        ctx = self.context(self.scene, plan)
        ctx.extra = {**plan.variables, **({"item": variables["item"]} if "item" in variables else {})}
        if isinstance(step, Load):
            return self._start(plan, step, ctx)
        if isinstance(step, Fault) and not ctx.mending:
            trouble = await self._gate()
            if trouble:
                return StepResult(plan.name, plan.where, unknown(trouble), void=True)
            ctx.together = branch.meet if branch else None
        return await self._executed(plan, step, ctx, timing)

    async def _executed(self, plan: StepPlan, step: Step, ctx: Context, timing: Timing) -> StepResult:
        ran: Ran = await execute(step, ctx, timing, plan.where)
        data = dict(ran.seen.data) if ran.seen else None
        return StepResult(plan.name, plan.where, ran.verdict, plan.model.judges, ran.void, data=data)

    def _start(self, plan: StepPlan, step: Load, ctx: Context) -> StepResult | None:
        if self.group is None:
            verdict = unknown("a load can only run among the steps of a play")
            return StepResult(plan.name, plan.where, verdict, void=True)
        load = RunningLoad(plan, step, ctx)
        self.loads.append(load)
        load.start(self.group)
        return None

    async def _gate(self) -> str:
        """A blow while a load does not work yet would measure nothing; says which, or nothing."""
        for load in self.loads:
            trouble = await load.wait_ready()
            if trouble:
                return f"load not at work before the blow: {trouble}"
        return ""

    async def finish_loads(self) -> bool:
        """Stop, settle and judge all loads at the same time; True when all are green."""
        async with anyio.create_task_group() as group:
            for load in self.loads:
                group.start_soon(self._finish_load, load)
        names = {load.plan.name for load in self.loads}
        return all(result.verdict.passed for result in self.results if result.name in names)

    async def _finish_load(self, load: RunningLoad) -> None:
        verdict = await load.finish()
        data = dict(load.seen.data) if load.seen else None
        if load.plan.register and data is not None:
            self.scene.variables[load.plan.register] = data
        # A load that could not be judged proves nothing: neither that writes were kept nor how long it took.
        void = verdict.outcome is Outcome.UNKNOWN
        result = StepResult(load.plan.name, load.plan.where, verdict, judged=True, void=void, load=True, data=data)
        self._finish(load.plan, result, anyio.current_time() - load.started)

    def _finish(self, plan: StepPlan, result: StepResult, took: float) -> None:
        self.results.append(result)
        self.scene.bus.emit(
            StepFinished(
                play=self.scene.play,
                phase=self.phase,
                step=plan.name,
                kind=plan.kind,
                where=str(plan.where),
                outcome=result.verdict.outcome,
                reason=result.verdict.reason,
                seconds=round(took, 3),
                judged=result.judged,
                allow_empty=plan.allow_empty,
                data=result.data if isinstance(result.data, dict) else {"items": result.data or []},
            )
        )

    def _lost(self, plan: StepPlan, why: str) -> StepResult:
        return StepResult(
            plan.name, plan.where, skipped(why), lost_fault=is_fault(plan), lost_judgement=plan.model.judges
        )


def is_fault(plan: StepPlan) -> bool:
    """Whether this step hurts."""
    return issubclass(plan.model, Fault)


def _joined(ran: list[StepResult]) -> StepResult | None:
    if not ran:
        return None
    verdict: Verdict = worst(result.verdict for result in ran)
    speaker = next(result for result in ran if result.verdict == verdict)
    return StepResult(
        speaker.name, speaker.where, verdict, speaker.judged, speaker.void, data=[result.data for result in ran]
    )
