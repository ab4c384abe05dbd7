"""Which writes are there: what was sent and acknowledged, compared with what is read back after recovery."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from runner.core.outage import Request


class Fate(StrEnum):
    """What the writer knows of one write."""

    UNSENT = "unsent"
    """It never left: there was no connection to send it by."""
    UNANSWERED = "unanswered"
    """It left and no answer came: it may be there or not, and both are right."""
    REFUSED = "refused"
    """The server said no: it must not be there."""
    ACKNOWLEDGED = "acknowledged"
    """The server said yes: it must be there, once."""


@dataclass(slots=True)
class Write(Request):
    """One row of the ledger."""

    id: str = ""
    seq: int = 0
    fate: Fate = Fate.UNSENT


@dataclass(frozen=True)
class Account:
    """The sum. Ids of writes that are wrong, counts of all others."""

    acknowledged: int
    kept: int
    """Acknowledged and there."""
    lost: tuple[str, ...]
    """Acknowledged and gone."""
    duplicated: tuple[str, ...]
    """There more than once; an id stands here once for each copy too many."""
    phantom: tuple[str, ...]
    """There, though nobody sent it, or though the server had refused it."""
    unknown_present: int
    """Never answered, and found to be there."""
    unknown_absent: int

    @property
    def unknown(self) -> int:
        """Writes whose answer never came."""
        return self.unknown_present + self.unknown_absent


def reconcile(writes: Iterable[Write], found: Iterable[str]) -> Account:
    """Compare; `found` holds the ids that were read back, once for each time they are there."""
    there = Counter(found)
    fates = {write.id: write.fate for write in writes}
    acknowledged = [name for name, fate in fates.items() if fate is Fate.ACKNOWLEDGED]
    unanswered = [name for name, fate in fates.items() if fate is Fate.UNANSWERED]
    expected = (Fate.ACKNOWLEDGED, Fate.UNANSWERED)
    return Account(
        acknowledged=len(acknowledged),
        kept=sum(name in there for name in acknowledged),
        lost=tuple(name for name in acknowledged if name not in there),
        duplicated=tuple(name for name, times in there.items() for _ in range(times - 1)),
        phantom=tuple(name for name in there if fates.get(name) not in expected),
        unknown_present=sum(name in there for name in unanswered),
        unknown_absent=sum(name not in there for name in unanswered),
    )
