"""Collects everything that is wrong, so that all of it is told at once."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from runner.core.errors import InvalidInput, Mistake, Where


class Mistakes:
    """What was found wrong so far, and what merely looks wrong."""

    def __init__(self) -> None:
        self._found: set[Mistake] = set()
        self._warnings: set[Mistake] = set()

    def add(self, where: Where | None, what: str) -> None:
        """Note a mistake; the same one twice is told once."""
        self._found.add(Mistake(where, what))

    def take(self, mistakes: Iterable[Mistake]) -> None:
        """Note mistakes that somebody else found."""
        self._found.update(mistakes)

    def warn(self, where: Where | None, what: str) -> None:
        """Note what is allowed but looks wrong."""
        self._warnings.add(Mistake(where, what))

    @property
    def warnings(self) -> tuple[Mistake, ...]:
        """In the order of files and lines."""
        return tuple(sorted(self._warnings, key=_place))

    def raise_if_any(self) -> None:
        """Tell all of them.

        Raises:
            InvalidInput: there are some.

        """
        if self._found:
            raise InvalidInput(sorted(self._found, key=_place))


def gather(*sources: Iterable[Mistake]) -> list[Mistake]:
    """All of them once, in the order of files and lines."""
    return sorted({mistake for source in sources for mistake in source}, key=_place)


def near(word: str, known: Iterable[str]) -> str:
    """`; did you mean "selector"?`, or nothing when no known word is near."""
    found = difflib.get_close_matches(str(word), sorted(set(known)), 1)
    return f'; did you mean "{found[0]}"?' if found else ""


def _place(mistake: Mistake) -> tuple[str, int, str]:
    return (mistake.where.file, mistake.where.line, mistake.what) if mistake.where else ("", 0, mistake.what)
