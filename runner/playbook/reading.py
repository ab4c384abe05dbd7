"""What the readers of a playbook share: the state of the whole, and the place in it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from runner.core.errors import InvalidInput, Where
from runner.core.step import Step
from runner.playbook.mistakes import Mistakes
from runner.playbook.names import Scope
from runner.playbook.plan import Kinds, names_of
from runner.playbook.source import Page, read


@dataclass
class Reading:
    """One playbook with all its files, while it is read."""

    kinds: Kinds
    folder: Path
    """Of the playbook: relative paths in steps start here."""
    targets: tuple[str, ...] | None = None
    """Names of the inventory's targets; None: no inventory was given."""
    mistakes: Mistakes = field(default_factory=Mistakes)
    _classes: dict[str, type[Step] | None] = field(default_factory=dict)
    _pages: dict[str, Page] = field(default_factory=dict)
    _hash: Any = field(default_factory=hashlib.sha256)

    def page(self, file: str) -> Page:
        """Read a file once; its mistakes are noted."""
        if file not in self._pages:
            self._pages[file], raw = read(file, file)
            self._hash.update(raw)
            self.mistakes.take(self._pages[file].mistakes)
        return self._pages[file]

    @property
    def sha256(self) -> str:
        """Of the playbook and the files that it includes, in the order in which they were read."""
        return str(self._hash.hexdigest())

    def kind(self, word: str) -> type[Step] | None:
        """The class of a step kind; a broken file of a team's own kinds is noted."""
        if word not in self._classes:
            try:
                self._classes[word] = self.kinds(word)
            except InvalidInput as error:
                self.mistakes.take(error.mistakes)
                self._classes[word] = None
        return self._classes[word]

    def words(self) -> list[str]:
        """All step kinds, as far as the wiring can list them."""
        return names_of(self.kinds)


@dataclass(frozen=True)
class Place:
    """Where in the playbook the reader is."""

    reading: Reading
    file: str
    scope: Scope
    phase: str
    """setup, healthy, steps, on_failure or always"""
    included: tuple[str, ...] = ()
    """Files that include each other down to here, resolved."""
    added: Mapping[str, Any] = field(default_factory=dict)
    """What the `vars` of the includes around it add."""

    @property
    def mistakes(self) -> Mistakes:
        """Where to note them."""
        return self.reading.mistakes

    def where(self, line: int) -> Where:
        """A line of this file."""
        return Where(self.file, line)

    def branch(self) -> Place:
        """The same place with names of its own."""
        return replace(self, scope=self.scope.fork())
