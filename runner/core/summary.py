"""The result of a run, computed from its events alone: counts, the closing line and the exit code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from runner.core.events import (
    Event,
    Interrupted,
    PlayFinished,
    PlayStarted,
    RunFinished,
    RunStarted,
    StepFinished,
    UndoFinished,
    UndoOwed,
)
from runner.core.verdict import Outcome


@dataclass(frozen=True)
class Summary:
    """What a run came to. `plays` has one entry for each counted play, in order."""

    plays: tuple[PlayFinished, ...]
    not_selected: int
    unmended: tuple[str, ...]
    """Labels of the undos that did not succeed or never ran."""
    interrupted: str
    """What ended the run early: SIGINT, SIGTERM, timeout, killed; else empty."""
    problem: str
    allowed_empty: tuple[str, ...] = field(default=())
    """Steps whose selector was allowed to match nothing."""
    no_skips: bool = False

    def count(self, outcome: Outcome) -> int:
        """How many plays have this outcome."""
        return sum(play.outcome is outcome for play in self.plays)

    @property
    def line(self) -> str:
        """`18/18 PASSED`, or what is missing: `16/18 PASSED, 1 FAILED, 1 SKIPPED`."""
        parts = [f"{self.count(Outcome.PASSED)}/{len(self.plays)} PASSED"]
        others = (Outcome.FAILED, Outcome.UNKNOWN, Outcome.SKIPPED)
        parts += [f"{self.count(outcome)} {outcome}" for outcome in others if self.count(outcome)]
        if self.not_selected:
            parts.append(f"{self.not_selected} not selected")
        return ", ".join(parts)

    @property
    def exit_code(self) -> int:
        """4 something is not mended, 130 interrupted, 1 failed, 3 unknown or nothing passed, 0 green."""
        if self.unmended:
            return 4
        if self.interrupted in ("SIGINT", "SIGTERM"):
            return 130
        if self.count(Outcome.FAILED) or (self.no_skips and self.count(Outcome.SKIPPED)):
            return 1
        if self.interrupted or self.problem or self.count(Outcome.UNKNOWN) or not self.count(Outcome.PASSED):
            return 3
        return 0


def decides(event: Event) -> bool:
    """Whether the summary needs this event; a listener that keeps only these stays small over ten thousand steps."""
    match event:
        case (
            RunStarted() | RunFinished() | PlayStarted() | PlayFinished() | Interrupted() | UndoOwed() | UndoFinished()
        ):
            return True
        case StepFinished(allow_empty=True):
            return True
    return False


def summarize(events: Iterable[Event]) -> Summary:
    """Fold a run's events; plays that never finished are UNKNOWN, undos that never ran are owed."""
    fold = _Fold()
    for event in events:
        fold.take(event)
    return fold.summary()


class _Fold:
    def __init__(self) -> None:
        self.started: RunStarted | None = None
        self.finished: RunFinished | None = None
        self.plays: dict[str, PlayFinished] = {}
        self.begun: dict[str, PlayStarted] = {}
        self.owed: dict[str, str] = {}
        self.interrupted = ""
        self.empty: dict[str, None] = {}

    def take(self, event: Event) -> None:
        match event:
            case RunStarted():
                self.started = event
            case RunFinished():
                self.finished = event
            case PlayStarted():
                self.begun[event.play] = event
            case PlayFinished():
                self.plays[event.play] = event
            case StepFinished(allow_empty=True):
                self.empty[event.step] = None
            case UndoOwed():
                self.owed[event.undo] = event.label
            case UndoFinished(mended=True):
                self.owed.pop(event.undo, None)
            case Interrupted():
                self.interrupted = event.by

    def summary(self) -> Summary:
        names = self.started.plays if self.started else []
        killed = self.started is not None and self.finished is None
        return Summary(
            plays=tuple(self.plays.get(name) or self._unfinished(name) for name in names),
            not_selected=len(self.started.not_selected) if self.started else 0,
            unmended=tuple(self.owed.values()),
            interrupted=self.interrupted or ("killed" if killed else ""),
            problem=self.finished.problem if self.finished else "",
            allowed_empty=tuple(self.empty),
            no_skips=self.started.no_skips if self.started else False,
        )

    def _unfinished(self, name: str) -> PlayFinished:
        begun = self.begun.get(name)
        problem = self.finished.problem if self.finished else ""
        reason = "the run ended in the middle of it" if begun else problem or "never started: the run ended before it"
        return PlayFinished(play=name, outcome=Outcome.UNKNOWN, reason=reason, where=begun.where if begun else "")
