"""The place to run on: its targets, what it lacks, its variables, where its secrets are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from runner.core.errors import InvalidInput, Mistake, Where
from runner.playbook.complaints import shown
from runner.playbook.expressions import is_template
from runner.playbook.language import NOT_ENFORCED, ClusterSecret, EnvSecret, FileSecret, InventoryKeys
from runner.playbook.mistakes import Mistakes, near
from runner.playbook.plan import Inventory, SecretSpec, TargetSpec
from runner.playbook.settle import Settled, Spot, fit, fit_parts
from runner.playbook.source import Map, line_of, read

TargetOptions = Callable[[str], "type[BaseModel] | None"]
"""Finds the settings of a kind of target; its attribute `names`, where it has one, lists all kinds for suggestions."""

_SOURCES: dict[str, type[BaseModel]] = {"env": EnvSecret, "file": FileSecret, "kubernetes": ClusterSecret}


def load_inventory(name_or_path: str, search: Sequence[Path], target_options: TargetOptions) -> Inventory:
    """Read an inventory, by path or as the name of a file in one of the folders.

    Raises:
        InvalidInput: there is none, or with all that is wrong in it.

    """
    path = find_inventory(name_or_path, search)
    page, _ = read(path, path)
    mistakes = Mistakes()
    mistakes.take(page.mistakes)
    if isinstance(page.value, Map):
        inventory = _Reader(path, page.value, target_options, mistakes).read()
        mistakes.raise_if_any()
        return inventory
    if not page.mistakes:
        mistakes.add(Where(path, 1), f"an inventory must be a mapping, not {shown(page.value)}")
    mistakes.raise_if_any()
    raise AssertionError


def find_inventory(name_or_path: str, search: Sequence[Path]) -> str:
    """The path of an inventory's file.

    Raises:
        InvalidInput: there is none; the sentence names those that are there.

    """
    if name_or_path.endswith((".yaml", ".yml")) or "/" in name_or_path:
        if Path(name_or_path).is_file():
            return name_or_path
        raise InvalidInput([Mistake(None, f"inventory {name_or_path} is not there")])
    for folder in search:
        path = folder / f"{name_or_path}.yaml"
        if path.is_file():
            return str(path)
    known = sorted({path.stem for folder in search for path in folder.glob("*.yaml")})
    there = near(name_or_path, known) or (
        f"; there are {', '.join(known)}" if known else "; write the path of its file"
    )
    raise InvalidInput([Mistake(None, f"unknown inventory {name_or_path}{there}")])


@dataclass
class _Reader:
    path: str
    raw: Map
    target_options: TargetOptions
    mistakes: Mistakes
    keys: dict[str, Any] = field(default_factory=dict)

    def read(self) -> Inventory:
        for key in NOT_ENFORCED:
            if key in self.raw:
                self._tell(key, f"{key}: {NOT_ENFORCED[key]}; leave it out")
        given = {key: value for key, value in self.raw.items() if key not in NOT_ENFORCED}
        spot = Spot(self.path, self.raw, self.raw.line, "inventory")
        self.keys = fit_parts(InventoryKeys, spot, Settled(given), self.mistakes)
        if self.raw.get("class") == "prod":
            self._tell("class", "inventory.class: prod needs --confirm, which is not there yet")
        self._capabilities()
        return Inventory(
            name=self.keys.get("name") or Path(self.path).stem,
            path=self.path,
            class_=self.keys.get("class", ""),
            targets=self._targets(),
            lacks=frozenset(self.keys.get("lacks", ())),
            require=frozenset(self.keys.get("require", ())),
            variables=self.raw.get("vars") or {},
            secrets=self._secrets(),
        )

    def _tell(self, key: str, what: str) -> None:
        self.mistakes.add(Where(self.path, self.raw.lines[key]), what)

    def _capabilities(self) -> None:
        both = set(self.keys.get("lacks", ())) & set(self.keys.get("require", ()))
        for name in sorted(both):
            self._tell("require", f"inventory.require: {name} is declared missing under lacks")

    def _targets(self) -> dict[str, TargetSpec]:
        given = self.raw.get("targets")
        if not isinstance(given, Map):
            return {}
        read = [self._target(name, value, given.lines[name]) for name, value in given.items() if isinstance(value, Map)]
        return {spec.name: spec for spec in read if spec}

    def _target(self, name: str, raw: Map, line: int) -> TargetSpec | None:
        kinds = [key for key in raw if self.target_options(str(key))]
        spot = Spot(self.path, raw, line, f"targets.{name}")
        if len(kinds) != 1:
            spot.tell(self.mistakes, (kinds[1],) if kinds else (), self._no_kind(kinds, raw))
            return None
        kind = kinds[0]
        options, merged = self._options(spot, raw, kind)
        model = self.target_options(kind)
        assert model is not None
        fit(model, Spot(self.path, merged, line, f"targets.{name}.{kind}"), Settled(options), self.mistakes)
        return TargetSpec(name, kind, options, Where(self.path, line))

    def _no_kind(self, kinds: list[str], raw: Map) -> str:
        if kinds:
            return f"two kinds of target: {' and '.join(kinds)}; each is a target of its own"
        listed = getattr(self.target_options, "names", None)
        known = sorted(listed()) if callable(listed) else []
        hints = [hint for key in raw if (hint := near(str(key), known))]
        there = hints[0] if hints else (f"; write one of {', '.join(known)}" if known else "")
        return f"has no kind of target{there}"

    def _options(self, spot: Spot, raw: Map, kind: str) -> tuple[dict[str, Any], Map]:
        """What stands below the kind and beside it, flat."""
        below = raw[kind] if raw[kind] is not None else {}
        merged = Map(raw.line)
        if not isinstance(below, Mapping):
            spot.tell(self.mistakes, (kind,), f"must be a mapping of its settings, not {shown(below)}")
            below = {}
        for source in (below, {key: value for key, value in raw.items() if key != kind}):
            for key, value in source.items():
                if key in merged:
                    spot.tell(self.mistakes, (key,), f"stands beside {kind} and below it; write it once")
                merged[key] = value
                merged.lines[key] = line_of(raw, (key,), line_of(raw, (kind, key), spot.line))
        for key, value in merged.items():
            if is_template(value):
                spot.tell(self.mistakes, (key,), "is read before any variable; write the value itself")
        return dict(merged), merged

    def _secrets(self) -> dict[str, SecretSpec]:
        given = self.raw.get("secrets")
        if not isinstance(given, Map):
            return {}
        read = [self._secret(str(name), value, given.lines[name]) for name, value in given.items()]
        return {spec.name: spec for spec in read if spec}

    def _secret(self, name: str, raw: Any, line: int) -> SecretSpec | None:
        spot = Spot(self.path, raw, line, f"secrets.{name}")
        if not isinstance(raw, Map):
            spot.tell(
                self.mistakes,
                (),
                "must say where it is read, never the value: {env: NAME}, {file: path} or {kubernetes: …}",
            )
            return None
        sources = [key for key in raw if key in _SOURCES]
        if len(sources) != 1:
            hint = next((found for key in raw if (found := near(str(key), _SOURCES))), "")
            spot.tell(self.mistakes, (), f"must have one of env, file or kubernetes{hint}")
            return None
        source = sources[0]
        made = fit(_SOURCES[source], spot, Settled(raw), self.mistakes)
        return SecretSpec(name, source, self._place(source, raw), Where(self.path, line)) if made else None

    def _place(self, source: str, raw: Map) -> dict[str, str]:
        if source == "file":
            return {"file": str(Path(self.path).parent / Path(raw["file"]).expanduser())}
        return dict(raw["kubernetes"]) if source == "kubernetes" else dict(raw)
