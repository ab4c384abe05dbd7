"""Loads run beside the steps: started in order, ready before a blow, stopped and judged at the end of the play."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import anyio
from anyio.abc import TaskGroup

from runner.core.duration import text
from runner.core.observation import Observation
from runner.core.step import Load
from runner.core.verdict import Verdict, unknown
from runner.engine.context import Context
from runner.engine.verdicts import blame
from runner.playbook.plan import StepPlan

# A load that cannot work in this time would measure nothing of the blow.
_READY_WITHIN = 15.0
# After `stop` a load settles and counts; one that never comes back must not hold the undo.
_SETTLE_WITHIN = 180.0


@dataclass
class RunningLoad:
    """One load and its state."""

    plan: StepPlan
    step: Load
    ctx: Context
    started: float = 0.0
    stop: anyio.Event = field(default_factory=anyio.Event)
    ready: anyio.Event = field(default_factory=anyio.Event)
    """At work, or at its end: `wait_ready` tells which."""
    ended: anyio.Event = field(default_factory=anyio.Event)
    state: dict[str, Any] = field(default_factory=dict)
    seen: Observation | None = None
    trouble: Verdict | None = None

    def start(self, group: TaskGroup) -> None:
        """Let it run beside the steps."""
        self.ctx.ready = self._published
        self.started = anyio.current_time()
        group.start_soon(self._drive)

    def _published(self, state: dict[str, Any]) -> None:
        self.state.update(state)
        if state.get("ready"):
            self.ready.set()

    async def _drive(self) -> None:
        try:
            self.seen = await self.step.drive(self.ctx, self.stop)
        except Exception as error:  # noqa: BLE001 - one place turns errors into verdicts
            self.trouble = blame(error, self.plan.where)
        finally:
            self.ended.set()
            self.ready.set()

    async def wait_ready(self) -> str:
        """Wait until a fault may strike; returns what is wrong, or nothing."""
        with anyio.move_on_after(_READY_WITHIN):
            await self.ready.wait()
        if self.ready.is_set() and not self.ended.is_set():
            return ""
        if self.trouble:
            return f"{self.plan.name}: {self.trouble.reason}"
        return f"{self.plan.name}: not at work within {text(_READY_WITHIN)}"

    async def finish(self) -> Verdict:
        """Stop it, let it settle and count, and judge the whole of it."""
        self.stop.set()
        with anyio.move_on_after(_SETTLE_WITHIN):
            await self.ended.wait()
        if self.trouble:
            return self.trouble
        if self.seen is None:
            return unknown(f"it did not come to an end within {text(_SETTLE_WITHIN)}")
        return self.step.judge(self.seen)
