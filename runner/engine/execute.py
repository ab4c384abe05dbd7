"""Runs one step of any of the four shapes and says what came of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import anyio

from runner.core.errors import Unreachable, Where
from runner.core.events import Seen, Struck
from runner.core.observation import Observation
from runner.core.step import Action, Fault, Probe, Step
from runner.core.verdict import Outcome, Verdict, passed, unknown
from runner.engine.context import Context
from runner.engine.poll import until
from runner.engine.verdicts import blame, is_void

# A single look that takes longer than this says more about us than about the system.
_LOOK_LIMIT = 10.0


@dataclass(frozen=True)
class Timing:
    """The step's own times, in seconds."""

    within: float | None = None
    hold: float | None = None
    every: float = 0.2
    timeout: float = 60.0


@dataclass(frozen=True)
class Ran:
    """What came of it."""

    verdict: Verdict
    seen: Observation | None = None
    void: bool = False


async def execute(step: Step, ctx: Context, timing: Timing, where: Where) -> Ran:
    """Run an action, a fault with its proof, or a probe (loads are not run but started).

    Never raises but for cancellation: whatever goes wrong is a verdict.
    """
    try:
        match step:
            case Probe():
                return await _probe(step, ctx, timing, where)
            case Fault():
                return await _fault(step, ctx, timing, where)
            case Action():
                with anyio.fail_after(timing.timeout):
                    seen = await step.act(ctx)
                return Ran(passed(seen.summary), seen)
            case _:
                return Ran(unknown(f"{where}: {step.kind()} is no action, fault or probe"), void=True)
    except Exception as error:  # noqa: BLE001 - one place turns errors into verdicts
        return Ran(blame(error, where), void=is_void(error) or isinstance(step, Fault))


async def _fault(step: Fault, ctx: Context, timing: Timing, where: Where) -> Ran:
    with anyio.fail_after(timing.timeout):
        struck = await step.strike(ctx)
    if not ctx.struck:
        await ctx.blow()
    if not ctx.mending:
        ctx.scene.bus.emit(Struck(play=ctx.play, step=ctx.step_name, summary=struck.summary))
    verdict = await _proof(step, struck, ctx, timing, where)
    if verdict.passed:
        return Ran(passed(f"{struck.summary}; {verdict.reason}"), struck)
    return Ran(unknown(f"no proof that the fault took effect: {verdict.reason}"), struck, void=True)


async def _proof(step: Fault, struck: Observation, ctx: Context, timing: Timing, where: Where) -> Verdict:
    async def look() -> Verdict:
        try:
            with anyio.fail_after(_LOOK_LIMIT):
                return await step.prove(ctx, struck)
        except Exception as error:  # noqa: BLE001 - as above
            return blame(error, where)

    return await until(look, within=timing.timeout, hold=None, every=timing.every, changed=_teller(ctx))


async def _probe(step: Probe, ctx: Context, timing: Timing, where: Where) -> Ran:
    last = Ran(unknown("it never looked"))

    async def look() -> Verdict:
        nonlocal last
        last = await _look_once(step, ctx, where)
        return last.verdict

    verdict = await until(look, within=timing.within, hold=timing.hold, every=timing.every, changed=_teller(ctx))
    return Ran(verdict, last.seen, void=last.void)


async def _look_once(step: Probe, ctx: Context, where: Where) -> Ran:
    try:
        with anyio.fail_after(step.look_limit):
            seen = await step.look(ctx)
    except TimeoutError:
        return Ran(unknown(f"the look took longer than {step.look_limit:g} s"))
    except Exception as error:  # noqa: BLE001 - as above
        return Ran(blame(error, where), void=isinstance(error, Unreachable))
    return Ran(step.judge(seen), seen)


def _teller(ctx: Context) -> Callable[[Verdict], None]:
    def tell(verdict: Verdict) -> None:
        if verdict.outcome is not Outcome.PASSED:
            ctx.scene.bus.emit(Seen(play=ctx.play, step=ctx.step_name, outcome=verdict.outcome, reason=verdict.reason))

    return tell
