"""The errors of the runner, and the exit code that each one means.

RunnerError
├── InvalidInput      2  playbook, inventory or usage is at fault; nothing was touched
├── Unreachable       3  the API, the tunnel or the network did not answer: nothing is proven
│   └── Gone          3  a system that was started for one run has ended with it
├── Refused           3  a safety rule forbids it (lock, empty selector, blast radius)
└── Unmended          4  something could not be undone
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Where:
    """A place in a file that a person can open."""

    file: str
    line: int

    def __str__(self) -> str:
        """`file:line`, as editors understand it."""
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing that is wrong in a file: where, what, and what was expected."""

    where: Where | None
    what: str

    def __str__(self) -> str:
        """`file:line: what; what was expected`."""
        return f"{self.where}: {self.what}" if self.where else self.what


class RunnerError(Exception):
    """Something the runner has an answer to."""

    exit_code = 3


class InvalidInput(RunnerError):
    """All mistakes of the input, together."""

    exit_code = 2

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = tuple(mistakes)


class Unreachable(RunnerError):
    """Something between us and the system did not answer; the system may be well."""


class Gone(Unreachable):
    """The system was started for one run, and has ended: nothing in it can be broken any more."""


class Refused(RunnerError):
    """A safety rule forbids what was asked."""


class Unmended(RunnerError):
    """Something we broke could not be mended."""

    exit_code = 4
