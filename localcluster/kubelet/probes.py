"""Startup, liveness and readiness: asking again and again, and what the answers add up to."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcluster.kubelet.handlers import Outcome, perform

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from localcluster.client import Obj
    from localcluster.kubelet.handlers import Target


@dataclass
class Tally:
    """Turns answers into a verdict: so many of the same in a row change it."""

    successes: int
    failures: int
    verdict: bool | None = None
    _last: bool | None = None
    _run: int = 0

    def add(self, good: bool) -> bool | None:
        """Count an answer; gives the verdict in force, None while there is none."""
        self._run = self._run + 1 if good == self._last else 1
        self._last = good
        if self._run >= (self.successes if good else self.failures):
            self.verdict = good
        return self.verdict


@dataclass(frozen=True)
class Probe:
    """One probe of one running container; times are in seconds of the event loop."""

    kind: str
    """Startup, Liveness or Readiness."""
    spec: Obj
    target: Target
    started: float
    gate: asyncio.Event
    """Set while the kubelet works."""
    failed: Callable[[str, str], None]
    """Told the kind and the message of every bad answer."""

    def tally(self, verdict: bool | None) -> Tally:
        """Start counting, from the verdict that holds before the first answer."""
        return Tally(self.spec.get("successThreshold") or 1, self.spec.get("failureThreshold") or 3, verdict)

    async def follow(self, start: bool | None, tell: Callable[[bool], Awaitable[bool]]) -> None:
        """Ask at once, then every period; tell each change of the verdict, until `tell` answers False."""
        tally = self.tally(start)
        before = start
        turn = max(self.started + (self.spec.get("initialDelaySeconds") or 0), self._clock())
        while True:
            await asyncio.sleep(turn - self._clock())
            await self.gate.wait()
            verdict = tally.add(await self._ask())
            if verdict is not None and verdict != before and not await tell(verdict):
                return
            before = verdict
            turn = max(turn + (self.spec.get("periodSeconds") or 10), self._clock())

    async def _ask(self) -> bool:
        outcome: Outcome = await perform(self.spec, self.target, float(self.spec.get("timeoutSeconds") or 1))
        if not outcome.good:
            self.failed(self.kind, outcome.message)
        return outcome.good

    def _clock(self) -> float:
        return asyncio.get_running_loop().time()
