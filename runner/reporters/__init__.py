"""One file is one form of output; each listens to events and decides nothing."""

from __future__ import annotations

from typing import Protocol

from runner.core.events import Event


class Listening(Protocol):
    """What a reporter is. Those for `--report KIND=FILE` are made with `Reporter(path)`."""

    def __call__(self, event: Event) -> None:
        """Take one event."""

    def close(self) -> None:
        """Write what is left; called once, at the end of the run or of the stored events, also of a killed run."""
