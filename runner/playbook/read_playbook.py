"""A whole playbook: from a file to a `PlaybookPlan`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from runner.core.errors import Where
from runner.playbook.complaints import shown
from runner.playbook.language import PlaybookKeys, variable_name
from runner.playbook.layers import settle_layer, spots
from runner.playbook.mistakes import near
from runner.playbook.names import Scope, View
from runner.playbook.nodes import read_nodes
from runner.playbook.plan import Inventory, Kinds, PlaybookPlan, PlayPlan
from runner.playbook.read_play import read_play
from runner.playbook.reading import Place, Reading
from runner.playbook.settle import Spot, fit_parts, settle
from runner.playbook.source import Map, Seq

_APART = frozenset({"vars", "setup", "healthy", "plays"})


@dataclass
class PlaybookReader:
    """Reads one playbook; `inventory` may be missing, then nothing is said about what only it knows."""

    path: Path
    inventory: Inventory | None
    overrides: Mapping[str, Any]
    kinds: Kinds

    def read(self) -> PlaybookPlan:
        """Read it.

        Raises:
            InvalidInput: with all mistakes.

        """
        targets = tuple(self.inventory.targets) if self.inventory else None
        self.reading = Reading(self.kinds, self.path.parent, targets)
        self.mistakes = self.reading.mistakes
        page = self.reading.page(str(self.path))
        plan = self._plan(page.value) if isinstance(page.value, Map) else None
        if plan is None and not page.mistakes:
            self.mistakes.add(Where(str(self.path), 1), f"a playbook must be a mapping, not {shown(page.value)}")
        self.mistakes.raise_if_any()
        assert plan is not None
        return replace(plan, sha256=self.reading.sha256, warnings=self.mistakes.warnings)

    def _plan(self, raw: Map) -> PlaybookPlan:
        scope = self._scope(raw)
        place = Place(self.reading, str(self.path), scope, "setup", (os.path.realpath(self.path),))
        keys = self._keys(raw, place)
        setup = read_nodes(raw.get("setup"), place, raw.lines.get("setup", raw.line))
        inner = replace(place, phase="healthy", scope=scope.fork())
        healthy = read_nodes(raw.get("healthy"), inner, raw.lines.get("healthy", raw.line))
        plays = self._plays(raw, replace(place, phase="steps"))
        self._allowed(keys.get("allowed_on", ["local", "test"]), raw)
        self._unused(scope)
        return PlaybookPlan(
            name=keys.get("name") or self.path.stem,
            path=str(self.path),
            sha256="",
            description=keys.get("description", ""),
            allowed_on=tuple(keys.get("allowed_on", ["local", "test"])),
            variables=scope.variables,
            overrides={name: scope.variables.get(name) for name in self.overrides},
            setup=setup,
            healthy=healthy,
            plays=plays,
        )

    def _scope(self, raw: Map) -> Scope:
        secrets = frozenset(self.inventory.secrets) if self.inventory else None
        below = Scope({}, secrets, pinned=frozenset(self.overrides), open=self.inventory is None)
        settled = settle_layer(self._layer(raw), below, self.mistakes)
        return replace(below, variables=settled)

    def _layer(self, raw: Map) -> dict[str, Spot]:
        """Playbook < inventory < -e, as written: a variable of one may need one of the other."""
        layer = spots(str(self.path), raw.get("vars"), "playbook.vars")
        if self.inventory:
            layer |= spots(self.inventory.path, self.inventory.variables, "inventory.vars")
        return layer | {name: Spot("", value, 0, f"-e {name}") for name, value in self.overrides.items()}

    def _keys(self, raw: Map, place: Place) -> dict[str, Any]:
        spot = Spot(place.file, raw, raw.line, "playbook")
        settled = settle(spot, View(place.scope), self.mistakes, skip=_APART)
        for path in settled.waiting if not settled.wrong else ():
            spot.tell(self.mistakes, path, "must be known before the run")
        return fit_parts(PlaybookKeys, spot, settled, self.mistakes)

    def _plays(self, raw: Map, place: Place) -> tuple[PlayPlan, ...]:
        given = raw.get("plays")
        if not isinstance(given, Seq):
            return ()
        read = [read_play(one, line, place) for one, line in zip(given, given.lines, strict=True)]
        plays = tuple(play for play in read if play)
        first: dict[str, PlayPlan] = {}
        for play in plays:
            if play.name in first and play.name:
                what = f'play: the name "{play.name}" is already that of the play at {first[play.name].where}'
                self.mistakes.add(play.where, what)
            first.setdefault(play.name, play)
        return plays

    def _allowed(self, classes: list[str], raw: Map) -> None:
        if self.inventory and self.inventory.class_ not in classes:
            found, allowed = self.inventory, ", ".join(classes) or "none"
            what = f"allowed_on: the inventory {found.name} is of class {found.class_}; allowed are {allowed}"
            self.mistakes.add(Where(str(self.path), raw.lines.get("allowed_on", raw.line)), what)

    def _unused(self, scope: Scope) -> None:
        for name in self.overrides:
            if variable_name(name):
                self.mistakes.add(None, f"-e {name}: {variable_name(name)}")
            elif name not in scope.asked:
                known = scope.asked - set(self.overrides)
                self.mistakes.warn(None, f"-e {name}: nothing in {self.path} uses it{near(name, known)}")
