"""The one way out of the engine: events are stamped, masked, kept in `events.jsonl`, and shown to the listeners."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import anyio

from runner.core.events import Event, Note, from_record, to_record

Listener = Callable[[Event], None]


class Bus:
    """Stamps each event with a sequence number, wall time (UTC, ms) and seconds since the start.

    The file is flushed after each line, so that a killed run still has all that happened. A listener that breaks is
    left out from then on, with a note: a broken report must not end a drill in the middle of a fault.
    """

    def __init__(self, path: Path | None, listeners: Sequence[Listener], mask: Callable[[str], str]) -> None:
        self._file: TextIO | None = path.open("a", encoding="utf-8") if path else None
        self._listeners = list(listeners)
        self._mask = mask
        self._seq = 0
        self.start = anyio.current_time()

    def emit(self, event: Event) -> None:
        """Record an event and show it; what listeners get has been through the masker."""
        self._seq += 1
        stamped = replace(
            event,
            seq=self._seq,
            time=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            elapsed=round(anyio.current_time() - self.start, 4),
        )
        line = self._mask(json.dumps(to_record(stamped), default=str, ensure_ascii=False))
        if self._file:
            self._file.write(line + "\n")
            self._file.flush()
        self._show(from_record(json.loads(line)))

    def _show(self, event: Event) -> None:
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception as error:  # noqa: BLE001 - whatever a report does wrong, the drill goes on
                self._listeners.remove(listener)
                self.emit(
                    Note(level="warning", text=f"a report broke and is left out: {type(error).__name__}: {error}")
                )

    def since_start(self, at: float) -> float:
        """Loop seconds as seconds since the start of the run."""
        return round(at - self.start, 4)

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()
