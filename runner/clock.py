"""An event loop whose clock jumps when everybody sleeps: a test of five minutes takes a millisecond and is exact."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Time stands still while anything is ready to run, and jumps to the next timer when nothing is.

    After trio's MockClock with autojump. Real sockets and processes still work: it polls them before it jumps.
    """

    def __init__(self) -> None:
        super().__init__(_Jumping(self))
        self._now = 0.0

    def time(self) -> float:
        """Virtual seconds."""
        return self._now

    def jump(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds


class _Jumping(selectors.DefaultSelector):
    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0 if timeout else timeout)
        if not ready and timeout:
            self._loop.jump(timeout)
        return ready


def run_virtually(job: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on a loop of its own in virtual time."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(job)
