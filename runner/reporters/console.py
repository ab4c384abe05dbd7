"""The console: on a terminal a live line for the play that runs, elsewhere plain lines with their time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

from runner.core.events import (
    Event,
    PhaseStarted,
    PlayFinished,
    PlayStarted,
    RunStarted,
    Seen,
    StepFinished,
    StepStarted,
)
from runner.core.narrate import DETAIL, closing, tell
from runner.core.summary import Summary, decides, summarize
from runner.core.verdict import Outcome

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.status import Status
    from rich.text import Text

_COLOURS = {
    Outcome.PASSED: "\033[32m",
    Outcome.FAILED: "\033[31m",
    Outcome.UNKNOWN: "\033[35m",
    Outcome.SKIPPED: "\033[33m",
}
_PLAIN = "\033[0m"


class Reporter:
    """Shows plays and what is not green; `verbosity` 1 shows each step, -1 the closing lines only."""

    def __init__(self, logs: str, verbosity: int = 0, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._logs = logs
        self._verbosity = verbosity
        self._terminal = self._out.isatty()
        self._colour = self._terminal and "NO_COLOR" not in os.environ
        self._events: list[Event] = []
        self._live: Status | None = None
        self._line_now = _Line("", 0.0)
        self._number = 0
        self._total = 0

    def __call__(self, event: Event) -> None:
        """Show one event."""
        if decides(event):
            self._events.append(event)
        if self._verbosity < 0:
            return
        self._count(event)
        if isinstance(event, PlayFinished):
            self._still()
        line = self._line(event)
        if line:
            self._print(line if self._terminal else f"{event.time} {line}")
        if self._terminal:
            self._move(event)

    def _count(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._total = len(event.plays)
            case PlayStarted():
                self._number += 1

    def _line(self, event: Event) -> str:
        if self._verbosity < 1 and (event.type in DETAIL or _is_quiet(event, terminal=self._terminal)):
            return ""
        if isinstance(event, PlayFinished):
            mark = self._painted(event.outcome)
            return f"[{self._number}/{self._total}] {mark} {event.play}: {event.reason} ({event.seconds:.1f} s)"
        return tell(event)

    def _painted(self, outcome: Outcome) -> str:
        return f"{_COLOURS[outcome]}{outcome}{_PLAIN}" if self._colour else str(outcome)

    def _move(self, event: Event) -> None:
        """Keep the live line of the setup or the play that runs."""
        match event:
            case PhaseStarted():
                self._spin(event.phase)
            case PlayStarted():
                self._spin(f"[{self._number}/{self._total}] {event.play}")
            case StepStarted():
                self._line_now.doing = event.step
            case Seen():
                self._line_now.doing = event.reason

    def _spin(self, what: str) -> None:
        from rich.console import Console

        self._still()
        console = Console(file=self._out)
        self._line_now = _Line(what, console.get_time())
        self._live = console.status(self._line_now)
        self._live.start()

    def _still(self) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    def _print(self, line: str) -> None:
        if self._live:
            self._live.stop()
        print(line, file=self._out, flush=True)
        if self._live:
            self._live.start()

    @property
    def summary(self) -> Summary:
        """What the run came to so far."""
        return summarize(self._events)

    def close(self) -> None:
        """Print what is not green and why, and the line that counts."""
        self._still()
        *rest, last = closing(self.summary, self._logs)
        print("", *rest, f"log: {self._logs}/run.log", last, sep="\n", file=self._out, flush=True)


def _is_quiet(event: Event, *, terminal: bool) -> bool:
    """Green steps and, on a terminal, what the live line shows anyway."""
    if isinstance(event, StepFinished):
        return event.outcome in (Outcome.PASSED, Outcome.SKIPPED) or event.phase == "healthy"
    return terminal and isinstance(event, PlayStarted | PhaseStarted)


class _Line:
    """What stands beside the spinner: what runs, for how long, and what it is doing; cut at the terminal's edge."""

    def __init__(self, what: str, since: float) -> None:
        self.what = what
        self.since = since
        self.doing = ""

    def __rich_console__(self, console: Console, _options: ConsoleOptions) -> Iterator[Text]:
        from rich.text import Text

        seconds = console.get_time() - self.since
        yield Text(f"{self.what} {seconds:.0f} s  {' '.join(self.doing.split())}", no_wrap=True, overflow="ellipsis")
