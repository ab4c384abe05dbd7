"""Tells an event as a line of text; console and log file say the same words."""

from __future__ import annotations

from collections.abc import Sequence

from runner.core.events import (
    Event,
    EvidenceKept,
    Interrupted,
    Milestone,
    Note,
    PhaseStarted,
    PlayFinished,
    PlayStarted,
    RunStarted,
    Seen,
    StepFinished,
    StepStarted,
    Struck,
    UndoFinished,
    UndoOwed,
)
from runner.core.summary import Summary
from runner.core.verdict import Outcome

DETAIL = frozenset({"step-started", "seen", "milestone", "undo-owed", "evidence", "struck"})
"""Types of events that only the log file and `-v` show."""


def tell(event: Event) -> str:
    """One line without its time, or an empty text for events that need no line."""
    match event:
        case RunStarted():
            return f"RUN   {event.run}: {event.path} on {event.inventory} ({event.inventory_class}, {event.target})"
        case PhaseStarted():
            return f"PHASE {event.phase}"
        case PlayStarted():
            return f"PLAY  {event.play}"
        case StepStarted():
            return f"        {_phase(event.phase)}{event.step} [{event.kind}] {event.where}"
        case StepFinished():
            return f"      {event.outcome:7} {_phase(event.phase)}{event.step}: {event.reason} ({event.seconds:.2f} s)"
        case Seen():
            return f"        not yet: {event.reason}"
        case Struck():
            return f"      STRUCK  {event.step}: {event.summary}"
        case PlayFinished():
            return f"{event.outcome:7} {event.play}: {event.reason} ({event.seconds:.1f} s)"
        case _:
            return _aside(event)


def _aside(event: Event) -> str:
    match event:
        case Milestone():
            facts = "".join(f" {key}={value}" for key, value in event.facts.items())
            return f"        at {event.at:.3f} s: {event.name}{facts}"
        case UndoOwed():
            return f"        owed: {event.label}"
        case UndoFinished():
            return f"      {'UNDONE ' if event.mended else 'BROKEN '} {event.label}: {event.reason}"
        case EvidenceKept():
            return f"        evidence: {event.path}"
        case Interrupted():
            return f"INTERRUPTED by {event.by}: stopping and mending"
        case Note():
            return f"{event.level.upper()}: {event.text}"
    return ""


def closing(summary: Summary, logs: str) -> list[str]:
    """The last lines of a run: what is not green and why, what is owed, and the line that counts."""
    shared = [play for play in summary.plays if summary.problem and play.reason == summary.problem]
    each = [play for play in summary.plays if play.outcome is not Outcome.PASSED and play not in shared]
    lines = [_not_green(play, logs) for play in each]
    lines += [f"EMPTY   allowed to match nothing: {step}" for step in summary.allowed_empty]
    if summary.unmended:
        run = logs.rstrip("/").rpartition("/")[2]
        lines += [f"NOT MENDED: {label}" for label in summary.unmended]
        lines.append(f"Mend it with: e2e-run recover {run}")
    if shared:
        lines.append(f"{shared[0].outcome:7} {_names(shared)}: {summary.problem}")
    elif summary.problem:
        lines.append(summary.problem)
    if summary.interrupted:
        lines.append(f"interrupted by {summary.interrupted}")
    return [*lines, summary.line]


def _names(plays: Sequence[PlayFinished]) -> str:
    """Name one play; many that share a reason are counted, so that it is read once."""
    return plays[0].play if len(plays) == 1 else f"{len(plays)} plays, from {plays[0].play!r} to {plays[-1].play!r}"


def _not_green(play: PlayFinished, logs: str) -> str:
    where = f" [{play.where}]" if play.where else ""
    evidence = f"; evidence: {logs}/{play.evidence}" if play.evidence else ""
    return f"{play.outcome:7} {play.play}: {play.reason}{where}{evidence}"


def _phase(phase: str) -> str:
    return "" if phase == "steps" else f"({phase}) "
