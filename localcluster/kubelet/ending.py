"""When a pod is to end, and when the patience with it is over."""

from __future__ import annotations

import asyncio


class Ending:
    """A wish to end with a deadline that can only come nearer."""

    def __init__(self) -> None:
        self.wanted = asyncio.Event()
        self.over = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, grace: float) -> None:
        """End within `grace` seconds; said again, the nearer deadline counts."""
        self.wanted.set()
        loop = asyncio.get_running_loop()
        if grace <= 0:
            self.over.set()
        if self._timer is not None and self._timer.when() <= loop.time() + grace:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_later(grace, self.over.set)

    def close(self) -> None:
        """Stop the clock."""
        if self._timer is not None:
            self._timer.cancel()

    def seconds_left(self) -> float:
        """Time until the patience is over; 0 when it is."""
        if self.over.is_set() or self._timer is None:
            return 0.0
        return max(0.0, self._timer.when() - asyncio.get_running_loop().time())
