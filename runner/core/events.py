"""What happens in a run, as records: `events.jsonl` is a list of these and the truth of the run."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

from runner.core.verdict import Outcome


@dataclass(frozen=True, kw_only=True)
class Event:
    """One moment; `time` is UTC wall time (ISO, ms), `elapsed` seconds since the start of the run (monotonic)."""

    type: ClassVar[str] = ""
    seq: int = 0
    time: str = ""
    elapsed: float = 0.0


@dataclass(frozen=True, kw_only=True)
class RunStarted(Event):
    """The run begins: what is run, where, by whom."""

    type: ClassVar[str] = "run-started"
    run: str
    playbook: str
    description: str = ""
    path: str
    sha256: str
    inventory: str
    inventory_class: str
    target: str
    """Kind of the default target and its version, such as `embedded v1.34.0+embedded`."""
    runner: str
    user: str
    host: str
    python: str
    plays: list[str]
    """Names of the plays that are counted, in order."""
    not_selected: list[str] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    no_skips: bool = False


@dataclass(frozen=True, kw_only=True)
class PhaseStarted(Event):
    """Something outside the plays begins: setup, healthy, undo."""

    type: ClassVar[str] = "phase-started"
    phase: str


@dataclass(frozen=True, kw_only=True)
class PlayStarted(Event):
    """A counted check begins."""

    type: ClassVar[str] = "play-started"
    play: str
    where: str


@dataclass(frozen=True, kw_only=True)
class StepStarted(Event):
    """A step begins. `play` is empty in setup."""

    type: ClassVar[str] = "step-started"
    play: str
    phase: str
    """setup, healthy, steps, on_failure, always, undo"""
    step: str
    kind: str
    where: str


@dataclass(frozen=True, kw_only=True)
class Seen(Event):
    """A look whose judgement differs from the look before."""

    type: ClassVar[str] = "seen"
    play: str
    step: str
    outcome: Outcome
    reason: str


@dataclass(frozen=True, kw_only=True)
class Struck(Event):
    """A fault has struck; its proof follows in the step's verdict."""

    type: ClassVar[str] = "struck"
    play: str
    step: str
    summary: str


@dataclass(frozen=True, kw_only=True)
class Milestone(Event):
    """A moment of the drill's timeline, from a watch or a meter; `at` in seconds since the start of the run."""

    type: ClassVar[str] = "milestone"
    play: str
    name: str
    at: float
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class StepFinished(Event):
    """A step has its verdict; `data` is what it saw or did (masked)."""

    type: ClassVar[str] = "step-finished"
    play: str
    phase: str
    step: str
    kind: str
    where: str
    outcome: Outcome
    reason: str
    seconds: float
    judged: bool = False
    allow_empty: bool = False
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class EvidenceKept(Event):
    """A file beside the run that shows what was there."""

    type: ClassVar[str] = "evidence"
    play: str
    path: str
    """Relative to the run's folder."""


@dataclass(frozen=True, kw_only=True)
class UndoOwed(Event):
    """A way back was written to the journal."""

    type: ClassVar[str] = "undo-owed"
    play: str
    undo: str
    """Id of the journal entry."""
    label: str


@dataclass(frozen=True, kw_only=True)
class UndoFinished(Event):
    """A way back was gone, or could not be."""

    type: ClassVar[str] = "undo-finished"
    play: str
    undo: str
    label: str
    mended: bool
    reason: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class PlayFinished(Event):
    """A counted check has its verdict."""

    type: ClassVar[str] = "play-finished"
    play: str
    outcome: Outcome
    reason: str
    step: str = ""
    """The step that decided, when it is not green."""
    where: str = ""
    seconds: float = 0.0
    evidence: str = ""
    """Where the evidence lies, relative to the run's folder; empty when there is none."""
    numbers: dict[str, Any] = field(default_factory=dict)
    """Figures worth a property: rto, resolution, lost, duplicated, …"""


@dataclass(frozen=True, kw_only=True)
class Note(Event):
    """A sentence for the log."""

    type: ClassVar[str] = "note"
    level: str
    """info or warning"""
    text: str


@dataclass(frozen=True, kw_only=True)
class Interrupted(Event):
    """Somebody or the time limit wants the run to end."""

    type: ClassVar[str] = "interrupted"
    by: str
    """SIGINT, SIGTERM or timeout"""


@dataclass(frozen=True, kw_only=True)
class RunFinished(Event):
    """The last record; a run without it was killed."""

    type: ClassVar[str] = "run-finished"
    seconds: float
    problem: str = ""
    """Why no play ran (setup failed, cluster not there), else empty."""


_TYPES = {kind.type: kind for kind in Event.__subclasses__()}


def to_record(event: Event) -> dict[str, Any]:
    """A JSON-ready object, its type among the first keys."""
    body = asdict(event)
    head = {key: body.pop(key) for key in ("seq", "time", "elapsed")}
    return {**head, "type": event.type, **body}


def from_record(record: dict[str, Any]) -> Event:
    """The event that a record was made of.

    Raises:
        KeyError: no such type of event (a log of a newer runner).

    """
    body = dict(record)
    kind = _TYPES[body.pop("type")]
    if "outcome" in body:
        body["outcome"] = Outcome(body["outcome"])
    return kind(**body)
