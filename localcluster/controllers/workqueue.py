"""A queue of keys: each key waits once, is worked on by one worker at a time, and comes back later when it failed."""

import asyncio
from collections import deque

Key = tuple[str, str]
_FIRST_DELAY, _LONGEST_DELAY = 0.005, 10.0  # seconds after the first and after many failures in a row


class WorkQueue:
    """Keys to look at; what is added while it is worked on is looked at once more afterwards."""

    def __init__(self) -> None:
        self._waiting: deque[Key] = deque()
        self._dirty: set[Key] = set()
        self._busy: set[Key] = set()
        self._failures: dict[Key, int] = {}
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._wake = asyncio.Event()

    def add(self, key: Key) -> None:
        """Put a key in line unless it is there already."""
        if key in self._dirty:
            return
        self._dirty.add(key)
        if key not in self._busy:
            self._waiting.append(key)
            self._wake.set()

    def add_after(self, key: Key, seconds: float) -> None:
        """Put a key in line later; of several times the earliest counts."""
        loop = asyncio.get_running_loop()
        timer = self._timers.get(key)
        if timer is not None and timer.when() <= loop.time() + seconds:
            return
        if timer is not None:
            timer.cancel()
        self._timers[key] = loop.call_later(max(seconds, 0), self._due, key)

    def retry(self, key: Key) -> None:
        """Put a key in line after a pause that doubles with each failure in a row."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        self.add_after(key, min(_FIRST_DELAY * 2.0 ** min(failures, 20), _LONGEST_DELAY))

    def forget(self, key: Key) -> None:
        """Let the next failure of a key count as its first."""
        self._failures.pop(key, None)

    async def get(self) -> Key:
        """Wait for a key; the caller must say `done` when finished with it."""
        while not self._waiting:
            self._wake.clear()
            await self._wake.wait()
        key = self._waiting.popleft()
        self._dirty.discard(key)
        self._busy.add(key)
        return key

    def done(self, key: Key) -> None:
        """End the work on a key."""
        self._busy.discard(key)
        if key in self._dirty:
            self._waiting.append(key)
            self._wake.set()

    def _due(self, key: Key) -> None:
        self._timers.pop(key, None)
        self.add(key)
