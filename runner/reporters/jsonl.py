"""The events themselves, one JSON object a line, for other programs."""

from __future__ import annotations

import json
from pathlib import Path

from runner.core.events import Event, to_record


class Reporter:
    """Writes as things happen."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", encoding="utf-8")

    def __call__(self, event: Event) -> None:
        """Write one line."""
        self._file.write(json.dumps(to_record(event), ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
