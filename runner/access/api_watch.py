"""Tells the system from the way to it: while nobody answers our requests, the cluster's API is asked too."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import anyio

from runner.core.errors import Unreachable
from runner.core.outage import Gap

if TYPE_CHECKING:
    from runner.core.context import StepContext
    from runner.core.record import Record

# One small question a second at most, and only while requests go unanswered.
_PAUSE = 1.0
_ANSWER_WITHIN = 3.0


@dataclass
class ApiWatch:
    """Notes a gap for the time in which the API was as unreachable as the service."""

    ctx: StepContext
    record: Record
    _doubted: anyio.Event = field(default_factory=anyio.Event)
    _blind: Gap | None = None

    def doubt(self) -> None:
        """A request found nobody: look whether the API answers."""
        self._doubted.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._doubted.wait()
            self._doubted = anyio.Event()
            await self._ask()
            await anyio.sleep(_PAUSE)

    def end(self) -> None:
        """Close what is open, before counting."""
        if self._blind:
            self.record.gaps.append(replace(self._blind, ended=self.ctx.now()))
            self._blind = None

    async def _ask(self) -> None:
        started = self.ctx.now()
        try:
            with anyio.fail_after(_ANSWER_WITHIN):
                await self.ctx.cluster.get("Namespace", self.ctx.cluster.namespace)
        except (Unreachable, TimeoutError) as error:
            self._blind = self._blind or Gap(started, started, f"the API did not answer either: {error}")
        else:
            self.end()
