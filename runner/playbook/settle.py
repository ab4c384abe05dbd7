"""Renders what is known at load, marks what has to wait, and types the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from runner.core.context import ExpressionError
from runner.core.errors import Where
from runner.playbook.complaints import complaints, dotted
from runner.playbook.expressions import Code, Ref, expression, is_template, template
from runner.playbook.mistakes import Mistakes
from runner.playbook.names import View
from runner.playbook.plan import Deferred
from runner.playbook.source import line_of

Path = tuple[Any, ...]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True)
class Spot:
    """Where a value is written, and what it is called in a sentence."""

    file: str
    raw: Any
    """The value as written, with its lines."""
    line: int
    label: str
    """`kill-pod`, `play.vars`, …"""

    def where(self, path: Path = ()) -> Where | None:
        """The line of the deepest key on the path; None for what came from the command line."""
        return Where(self.file, line_of(self.raw, path, self.line)) if self.file else None

    def tell(self, mistakes: Mistakes, path: Path, what: str) -> None:
        """Note a mistake in `file:line: label.path: what`."""
        mistakes.add(self.where(path), f"{self.label}{dotted(path)}: {what}".removeprefix("."))


@dataclass
class Settled:
    """A value with all templates rendered but those that have to wait, which are still text."""

    value: Any
    waiting: set[Path] = field(default_factory=set)
    uses: set[str] = field(default_factory=set)
    """`secrets.NAME` that the waiting ones need."""
    wrong: bool = False

    def as_value(self, spot: Spot) -> Any:
        """The final value, or the whole as written, to be rendered when the play runs."""
        if not self.waiting:
            return self.value
        return Deferred(spot.raw, spot.where() or Where(spot.label, 0), tuple(sorted(self.uses)))


def settle(spot: Spot, view: View, mistakes: Mistakes, skip: frozenset[str] = frozenset()) -> Settled:
    """Render what can be rendered; unknown names and broken templates are noted. `skip`: top keys to leave alone."""
    settled = Settled(None)
    settled.value = _Walk(spot, view, mistakes, settled, skip).value(spot.raw, ())
    return settled


@dataclass(frozen=True)
class _Walk:
    spot: Spot
    view: View
    mistakes: Mistakes
    settled: Settled
    skip: frozenset[str]

    def value(self, raw: Any, path: Path) -> Any:
        if isinstance(raw, str):
            return self.text(raw, path) if is_template(raw) else raw
        if isinstance(raw, Mapping):
            kept = self.skip if not path else ()
            return {key: item if key in kept else self.value(item, (*path, key)) for key, item in raw.items()}
        if isinstance(raw, list):
            return [self.value(item, (*path, index)) for index, item in enumerate(raw)]
        return raw

    def text(self, raw: str, path: Path) -> Any:
        try:
            code = template(raw)
            if self._is_known(code.refs, path):
                return code.value({name: self.view.scope.variables[name] for name in code.names})
        except ExpressionError as error:
            self._wrong(path, str(error))
        self.settled.waiting.add(path)
        return raw

    def _is_known(self, refs: tuple[Ref, ...], path: Path) -> bool:
        for trouble in check(refs, self.view, self.spot, path, self.mistakes):
            self._wrong(path, trouble)
        self.settled.uses |= secrets_of(refs, self.view)
        return all(self.view.is_final(ref) for ref in refs)

    def _wrong(self, path: Path, what: str) -> None:
        self.settled.wrong = True
        self.spot.tell(self.mistakes, path, what)


def check(refs: tuple[Ref, ...], view: View, spot: Spot, path: Path, mistakes: Mistakes) -> list[str]:
    """What is wrong with references; names that only an inventory could know are warned of."""
    wrong = []
    for ref in refs:
        trouble = view.trouble(ref)
        if trouble is None:
            continue
        if view.is_foreign(ref):
            what = f"{ref.name} is not defined in the playbook; the inventory must have it"
            mistakes.warn(spot.where(path), f"{spot.label}{dotted(path)}: {what}")
        else:
            wrong.append(trouble)
    return wrong


def secrets_of(refs: tuple[Ref, ...], view: View) -> set[str]:
    """`secrets.NAME` that references come down to, also through variables."""
    found = {f"secrets.{ref.path[0]}" for ref in refs if ref.name == "secrets" and ref.path}
    for ref in refs:
        value = view.scope.variables.get(ref.name)
        if isinstance(value, Deferred):
            found.update(value.uses)
    return found


def check_expression(text: str, view: View, spot: Spot, path: Path, mistakes: Mistakes) -> Code | None:
    """A bare expression, its names checked; None when it is none, which is noted."""
    try:
        code = expression(text)
    except ExpressionError as error:
        spot.tell(mistakes, path, str(error))
        return None
    for trouble in check(code.refs, view, spot, path, mistakes):
        spot.tell(mistakes, path, trouble)
    return code


def fit(model: type[Model], spot: Spot, settled: Settled, mistakes: Mistakes) -> Model | None:
    """Type a settled value. None when something is wrong, which is noted, or has to wait."""
    try:
        made = model.model_validate(settled.value)
    except ValidationError as error:
        for path, what, certain in complaints(error, model, settled.value):
            if certain or not _touches(path, settled.waiting):
                spot.tell(mistakes, path, what)
        return None
    return None if settled.waiting else made


def fit_parts(model: type[BaseModel], spot: Spot, settled: Settled, mistakes: Mistakes) -> dict[str, Any]:
    """Type what is known, by key as written; what is wrong (and noted) or has to wait is left out."""
    known = {key: value for key, value in settled.value.items() if (key,) not in settled.waiting}
    names = {field.alias or name: name for name, field in model.model_fields.items()}
    wrong: set[Any] = set()
    try:
        made = model.model_validate(known)
    except ValidationError as error:
        for path, what, _ in complaints(error, model, known):
            spot.tell(mistakes, path, what)
            wrong.update(path[:1])
        made = model.model_construct()
        for key in known.keys() & names.keys() - wrong:
            model.__pydantic_validator__.validate_assignment(made, names[key], known[key])
    return {key: getattr(made, names[key]) for key in known if key in names and key not in wrong}


def _touches(path: Path, waiting: set[Path]) -> bool:
    """Whether an error lies in, or comes from, a value that is not known yet."""
    return any(path[: len(one)] == one or one[: len(path)] == path for one in waiting)
