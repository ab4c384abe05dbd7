"""The log file: every event as one line, with the wall time in UTC."""

from __future__ import annotations

from pathlib import Path

from runner.core.events import Event
from runner.core.narrate import closing, tell
from runner.core.summary import decides, summarize


class Reporter:
    """Writes as things happen, so that a killed run has its log too."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._folder = str(path.parent)
        self._events: list[Event] = []

    def __call__(self, event: Event) -> None:
        """Write one line."""
        line = tell(event)
        if line:
            self._file.write(f"{event.time} {line}\n")
            self._file.flush()
        if decides(event):
            self._events.append(event)

    def close(self) -> None:
        """Write the closing lines."""
        for line in closing(summarize(self._events), self._folder):
            self._file.write(line + "\n")
        self._file.close()
