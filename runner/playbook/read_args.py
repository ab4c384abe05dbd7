"""The settings of a step's kind: rendered, typed, the expressions in them checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.core.errors import Where
from runner.core.step import Step
from runner.playbook.complaints import shown
from runner.playbook.names import Late, View
from runner.playbook.plan import Deferred
from runner.playbook.reading import Place
from runner.playbook.settle import Spot, check_expression, fit, settle
from runner.playbook.source import Map

# What an expression of a step may call the thing that the step looks at, unless its class says otherwise in `offers`.
_OFFERED = frozenset({"object"})


@dataclass(frozen=True)
class ReadArgs:
    """Arguments as a plan holds them, with the finished step when nothing has to wait."""

    value: Mapping[str, Any] | Deferred
    raw: Map
    step: Step | None


def read_args(raw: Map, kind: str, model: type[Step], view: View, place: Place, *, run: bool) -> ReadArgs:
    """Read what stands under the kind, with the step's `budget` merged in. `run`: the step may run at all."""
    given = _mapping(raw, kind, model, place)
    if given is None:
        return ReadArgs({}, Map(raw.lines[kind]), None)
    args = _with_budget(given, raw, kind, model, place)
    spot = Spot(place.file, args, raw.lines[kind], kind)
    _expressions(model, spot, view, place)
    settled = settle(spot, view, place.mistakes, skip=model.deferred)
    step = fit(model, spot, settled, place.mistakes)
    if step is not None and run:
        _check_static(step, spot, place)
    if settled.waiting:
        return ReadArgs(Deferred(args, spot.where() or Where(place.file, 0), tuple(sorted(settled.uses))), args, None)
    return ReadArgs(settled.value, args, step)


def _mapping(raw: Map, kind: str, model: type[Step], place: Place) -> Map | None:
    """The arguments; a scalar or a list goes into the field that the class calls its `shorthand`."""
    value, line = raw[kind], raw.lines[kind]
    if isinstance(value, Map):
        return value
    made = Map(line)
    if value is None:
        return made
    shorthand = getattr(model, "shorthand", None)
    if not shorthand:
        place.mistakes.add(place.where(line), f"{kind}: must be a mapping of its settings, not {shown(value)}")
        return None
    made[shorthand], made.lines[shorthand] = value, line
    return made


def _with_budget(args: Map, raw: Map, kind: str, model: type[Step], place: Place) -> Map:
    if raw.get("budget") is None:
        return args
    line = raw.lines["budget"]
    if "budget" not in model.model_fields:
        place.mistakes.add(place.where(line), f"{kind}.budget: this kind has no budget; loads that measure have one")
        return args
    if "budget" in args:
        place.mistakes.add(place.where(line), f"{kind}.budget: stands in the step and in its kind; write it once")
        return args
    merged = Map(args.line)
    merged.update(args)
    merged.lines.update(args.lines)
    merged["budget"], merged.lines["budget"] = raw["budget"], line
    return merged


def _expressions(model: type[Step], spot: Spot, view: View, place: Place) -> None:
    """Fields that the step evaluates by itself: their syntax and their names."""
    offered = {name: Late() for name in getattr(model, "offers", _OFFERED)}
    inner = View(view.scope, view.when, {**view.own, **offered})
    for name in sorted(model.deferred & spot.raw.keys()):
        value = spot.raw[name]
        for path, text in [((name,), value)] if isinstance(value, str) else _texts(name, value):
            check_expression(text, inner, spot, path, place.mistakes)


def _texts(name: str, value: Any) -> list[tuple[tuple[Any, ...], str]]:
    items = value if isinstance(value, list) else []
    return [((name, index), text) for index, text in enumerate(items) if isinstance(text, str)]


def _check_static(step: Step, spot: Spot, place: Place) -> None:
    """What the kind itself can tell now, such as a missing file: `path: ../k8s is not there`."""
    hook = getattr(step, "check_static", None)
    for said in hook(place.reading.folder) if hook else ():
        found = re.match(r"(\w+): ", said)
        if found and found[1] in type(step).model_fields:
            spot.tell(place.mistakes, (found[1],), said[found.end() :])
        else:
            spot.tell(place.mistakes, (), said)
