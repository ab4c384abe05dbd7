"""What a load noted while it ran: its requests, its tries to connect, and the times in which it was blind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from runner.core.outage import Attempt, Gap, Request, needed_in_a_row


@dataclass
class Record:
    """Grows while the load runs; requests stand in the order in which they were due."""

    rate: float
    """Requests a second."""
    timeout: float
    """Seconds after which a request counts as failed."""
    requests: list[Request] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)

    @property
    def needed(self) -> int:
        """Successes in a row that count as steady."""
        return needed_in_a_row(self.rate)

    def steady(self, since: float | None = None) -> bool:
        """Whether the last requests that have ended are enough successes in a row, all sent after `since`."""
        ended = len(self.requests)
        while ended and self.requests[ended - 1].done_at is None:
            ended -= 1
        tail = self.requests[max(0, ended - self.needed) : ended]
        fresh = since is None or (bool(tail) and tail[0].sent_at >= since)
        return len(tail) == self.needed and fresh and all(one.ok for one in tail)

    def served_before(self, blows: Sequence[float]) -> int:
        """Successes that had come when the first blow struck; all of them when there was none."""
        first = min(blows, default=float("inf"))
        return sum(one.ok and one.done_at is not None and one.done_at <= first for one in self.requests)

    def served_since(self, moment: float) -> int:
        """Successes since then, for the live figure of requests a second."""
        count = 0
        for one in reversed(self.requests):
            if one.sent_at < moment:
                break
            count += one.ok
        return count
