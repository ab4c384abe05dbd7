"""An opinion about what was seen: passed, failed, unknown or skipped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What became of a step or a play; who is to blame is in the word."""

    PASSED = "PASSED"
    """Seen and right."""
    FAILED = "FAILED"
    """The system under test is at fault."""
    UNKNOWN = "UNKNOWN"
    """We, the network or the environment: nothing is proven."""
    SKIPPED = "SKIPPED"
    """Not tried, with a reason; never counted as passed."""


# The join of branches and the sum of several looks: the worst one speaks for all.
_WORST_FIRST = (Outcome.FAILED, Outcome.UNKNOWN, Outcome.SKIPPED, Outcome.PASSED)


@dataclass(frozen=True)
class Verdict:
    """An outcome and the sentence, with numbers, that says why."""

    outcome: Outcome
    reason: str

    @property
    def passed(self) -> bool:
        """True only for PASSED."""
        return self.outcome is Outcome.PASSED


def passed(reason: str) -> Verdict:
    """Seen and right."""
    return Verdict(Outcome.PASSED, reason)


def failed(reason: str) -> Verdict:
    """The system is at fault."""
    return Verdict(Outcome.FAILED, reason)


def unknown(reason: str) -> Verdict:
    """Nothing is proven."""
    return Verdict(Outcome.UNKNOWN, reason)


def skipped(reason: str) -> Verdict:
    """Not tried."""
    return Verdict(Outcome.SKIPPED, reason)


def passed_if(right: bool, reason: str) -> Verdict:
    """PASSED when right, else FAILED, with the same sentence: it must read well both ways."""
    return passed(reason) if right else failed(reason)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict that speaks for all of them: FAILED before UNKNOWN before SKIPPED before PASSED.

    Raises:
        ValueError: there are none; nothing judged is not a pass.

    """
    return min(verdicts, key=lambda verdict: _WORST_FIRST.index(verdict.outcome))
