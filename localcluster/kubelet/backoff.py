"""How long to wait before something that failed is tried again: 0, 10, 20, 40 ... 300 s."""

from __future__ import annotations

FIRST = 10.0  # seconds, as upstream's kubelet
LONGEST = 300.0


class Backoff:
    """Doubles with every try; forgets after twice the longest delay without one (10 minutes)."""

    def __init__(self, first: float = FIRST, longest: float = LONGEST) -> None:
        self._first = first
        self._longest = longest
        self._delay = 0.0
        self._tried = 0.0

    def wait(self, failed: float, now: float) -> float:
        """Seconds left before the next try of what failed at `failed`; 0 means now."""
        if not self._delay or self._expired(failed):
            return 0.0
        return max(0.0, failed + self._delay - now)

    def tried(self, now: float) -> None:
        """Note a try: the one after it waits twice as long."""
        self._delay = self._first if not self._delay or self._expired(now) else min(self._delay * 2, self._longest)
        self._tried = now

    @property
    def delay(self) -> float:
        """The delay in force, in seconds; 0 before the first try."""
        return self._delay

    def _expired(self, moment: float) -> bool:
        return moment - self._tried > 2 * self._longest
