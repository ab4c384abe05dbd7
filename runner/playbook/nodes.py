"""A list of steps: single ones, parallel branches, and the steps of other files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from runner.core.errors import Where
from runner.playbook.complaints import shown
from runner.playbook.language import IncludeArgs, ParallelKeys
from runner.playbook.layers import settle_layer, spots
from runner.playbook.names import Late, View
from runner.playbook.plan import Node, ParallelPlan
from runner.playbook.read_step import read_step
from runner.playbook.reading import Place
from runner.playbook.settle import Settled, Spot, fit, settle
from runner.playbook.source import Map, Seq


def read_nodes(raw: Any, place: Place, line: int) -> tuple[Node, ...]:
    """All nodes of a list, those of included files in their place; mistakes are noted."""
    if raw is None:
        return ()
    if not isinstance(raw, Seq):
        place.mistakes.add(place.where(line), f"{place.phase}: must be a list of steps, not {shown(raw)}")
        return ()
    return tuple(node for one, at in zip(raw, raw.lines, strict=True) for node in _nodes(one, place, at))


def _nodes(raw: Any, place: Place, line: int) -> tuple[Node, ...]:
    if not isinstance(raw, Map):
        place.mistakes.add(place.where(line), f"a step must be a mapping, not {shown(raw)}")
        return ()
    if "include" in raw:
        return _include(raw, place)
    node = _parallel(raw, place) if "parallel" in raw else read_step(raw, place)
    return (node,) if node is not None else ()


def _parallel(raw: Map, place: Place) -> ParallelPlan | None:
    spot = Spot(place.file, raw, raw.line, "")
    if fit(ParallelKeys, spot, Settled(_own_keys(raw, "parallel", place)), place.mistakes) is None:
        return None
    branches = [place.branch() for _ in raw["parallel"]]
    read = tuple(
        _branch(one, branch, at)
        for one, branch, at in zip(raw["parallel"], branches, raw["parallel"].lines, strict=True)
    )
    for branch in branches:
        _join(place, branch)
    return ParallelPlan(str(raw.get("name", "parallel")), place.where(raw.line), read)


def _own_keys(raw: Map, key: str, place: Place) -> dict[str, Any]:
    """The keys that go with `parallel` or `include`; others are told by name."""
    known = {"name", key}
    for other in raw:
        if other not in known:
            place.mistakes.add(place.where(raw.lines[other]), f"{key}: takes no {other}; put it on the steps inside")
    return {name: value for name, value in raw.items() if name in known}


def _branch(raw: Any, place: Place, line: int) -> tuple[Node, ...]:
    if isinstance(raw, Seq):
        return read_nodes(raw, place, line)
    return _nodes(raw, place, line)


def _join(place: Place, branch: Place) -> None:
    """After the join all branches' names are there; two branches cannot give the same one."""
    before = place.scope.late
    for name, late in branch.scope.late.items():
        known = before.get(name)
        if known is late:
            continue
        if known is not None and late.where and known.where and not known.settable:
            place.mistakes.add(late.where, f"register: {name} is already registered at {known.where}")
        else:
            before[name] = late


def _include(raw: Map, place: Place) -> tuple[Node, ...]:
    _own_keys(raw, "include", place)
    given = raw["include"]
    if isinstance(given, str):
        given = _shorthand(given, raw.lines["include"])
    spot = Spot(place.file, given, raw.lines["include"], "include")
    settled = settle(spot, View(place.scope), place.mistakes, skip=frozenset({"vars"}))
    made = fit(IncludeArgs, spot, settled, place.mistakes)
    if ("file",) in settled.waiting and not settled.wrong:
        spot.tell(place.mistakes, ("file",), "must be known before the run: an include is static")
    return _read_file(made.file, spot, place) if made is not None else ()


def _shorthand(file: str, line: int) -> Map:
    made = Map(line)
    made["file"], made.lines["file"] = file, line
    return made


def _read_file(file: str, spot: Spot, place: Place) -> tuple[Node, ...]:
    path = os.path.normpath(os.path.join(os.path.dirname(place.file), file))  # noqa: PTH118, PTH120 - text stays as given
    real = os.path.realpath(path)
    if real in place.included:
        spot.tell(place.mistakes, ("file",), f"{path} includes itself, through {_chain(place, real)}")
        return ()
    if not os.path.isfile(path):  # noqa: PTH113 - as above
        spot.tell(place.mistakes, ("file",), f"{path} is not there")
        return ()
    page = place.reading.page(path)
    if page.value is None and page.mistakes:
        return ()
    inner = _below(spot, replace(place, file=path, included=(*place.included, real)), place)
    if not isinstance(page.value, Seq):
        place.mistakes.add(Where(path, 1), f"an included file is a list of steps, not {shown(page.value)}")
        return ()
    return read_nodes(page.value, inner, 1)


def _chain(place: Place, real: str) -> str:
    below = place.included[place.included.index(real) :]
    return " and ".join(os.path.basename(one) for one in below)  # noqa: PTH119 - as above


def _below(spot: Spot, inner: Place, outer: Place) -> Place:
    """The place inside the file, with the `vars` that the include gives."""
    given = spot.raw.get("vars")
    layer = spots(outer.file, given, "include.vars")
    for name in layer:
        if isinstance(outer.scope.late.get(name), Late):
            spot.tell(outer.mistakes, ("vars", name), f"{name} is already {outer.scope.taken(name)}")
    values: Mapping[str, Any] = settle_layer(layer, outer.scope, outer.mistakes)
    added = {name: value for name, value in values.items() if name not in outer.scope.pinned}
    return replace(inner, scope=outer.scope.over(added), added={**outer.added, **added})
