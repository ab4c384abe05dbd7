"""Branches of a `parallel` that hold a fault wait for each other, and then strike together."""

from __future__ import annotations

import anyio


class Barrier:
    """Opens when all branches have arrived at their first blow, or have ended without one."""

    def __init__(self, branches: int) -> None:
        self._missing = branches
        self._open = anyio.Event()

    async def meet(self) -> None:
        """Arrive, and wait for the others; once open it never waits again."""
        self.leave()
        await self._open.wait()

    def leave(self) -> None:
        """Arrive without waiting: this branch will not strike any more."""
        self._missing -= 1
        if self._missing <= 0:
            self._open.set()


class Branch:
    """One branch's ticket to a barrier: it counts once, however many faults the branch holds."""

    def __init__(self, barrier: Barrier) -> None:
        self._barrier = barrier
        self._arrived = False

    async def meet(self) -> None:
        """Wait for the other branches before the branch's first blow."""
        if not self._arrived:
            self._arrived = True
            await self._barrier.meet()

    def leave(self) -> None:
        """The branch has ended."""
        if not self._arrived:
            self._arrived = True
            self._barrier.leave()
