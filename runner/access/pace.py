"""Requests at a fixed rate, each started when it is due, whatever became of those before (an open model)."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar

import anyio

from runner.core.outage import Gap, Request

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from runner.core.context import StepContext
    from runner.core.record import Record
    from runner.core.step import Stop

R = TypeVar("R", bound=Request)

# How long a load goes on after the play, to see a steady system, when no recovery time is asked for. Seconds.
_SETTLE = 10.0


@dataclass
class Pace(Generic[R]):
    """Drives one load: notes every request, says when it is ready, ends when the system is steady again.

    A request that this process started too late (half its time limit and more) says nothing about the system: it is not
    sent, and the time is noted as a gap.
    """

    ctx: StepContext
    stop: Stop
    record: Record
    make: Callable[[float, int], R]
    """Makes a request that is due at a time (loop clock), with its running number."""
    fire: Callable[[R], Awaitable[None]]
    """Sends it and notes in it what became of it; must end by itself within the time limit."""
    rto: float | None = None
    """Budget of the recovery time, seconds: how long to go on waiting for it."""
    _due: int = field(default=0, init=False)
    _stopped: float | None = field(default=None, init=False)
    _ready: bool = field(default=False, init=False)

    async def run(self) -> None:
        """Until the play is over and the system is steady, or has had its time."""
        start = self.ctx.now()
        while True:
            async with anyio.create_task_group() as group:
                await self._send(group, start)
            # Those that were still under way have ended now, and may have failed.
            if self._over():
                return

    async def _send(self, group: TaskGroup, start: float) -> None:
        self._due = max(self._due, math.ceil((self.ctx.now() - start) * self.record.rate))
        while True:
            due = start + self._due / self.record.rate
            await anyio.sleep(max(0.0, due - self.ctx.now()))
            if self._over():
                return
            self._start(group, due)
            self._publish(due)

    def _start(self, group: TaskGroup, due: float) -> None:
        now = self.ctx.now()
        self._due += 1
        if now - due > self.record.timeout / 2:
            self._late(due, now)
            return
        request = self.make(due, self._due)
        self.record.requests.append(request)
        group.start_soon(self._one, request)

    async def _one(self, request: R) -> None:
        await self.fire(request)
        if request.done_at is None:
            request.done_at = self.ctx.now()

    def _late(self, due: float, now: float) -> None:
        gaps = self.record.gaps
        if gaps and gaps[-1].started <= due <= gaps[-1].ended:
            gaps[-1] = replace(gaps[-1], ended=now)
        else:
            gaps.append(Gap(due, now, f"the runner itself was {now - due:.2f} s late"))

    def _over(self) -> bool:
        if not self.stop.is_set():
            return False
        if self._stopped is None:
            self._stopped = self.ctx.now()
        steady = self.record.steady(max(self.ctx.blows, default=None))
        return steady or self.ctx.now() >= self._deadline(self._stopped)

    def _deadline(self, stopped: float) -> float:
        """Recovery has its budget from the last blow on, and one second to prove itself."""
        blow = max(self.ctx.blows, default=stopped)
        return max(stopped + _SETTLE, blow + (self.rto or 0.0) + 1.0)

    def _publish(self, due: float) -> None:
        if self._due % self.record.needed == 0:
            self.ctx.publish(rps=self.record.served_since(due - 1.0), done=self._due)
        if not self._ready and self.record.steady():
            self._ready = True
            self.ctx.publish(ready=True)
