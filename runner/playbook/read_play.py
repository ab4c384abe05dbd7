"""One play of a playbook: from a mapping to a `PlayPlan`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from runner.core.errors import Where
from runner.playbook.complaints import shown
from runner.playbook.language import PlayKeys
from runner.playbook.layers import settle_layer, spots
from runner.playbook.names import Late, Scope, View
from runner.playbook.nodes import read_nodes
from runner.playbook.plan import Node, PlayPlan, steps_in
from runner.playbook.read_step import tell_target
from runner.playbook.reading import Place
from runner.playbook.settle import Spot, fit_parts, settle
from runner.playbook.source import Map

# Read on their own, each with the names that are known there.
_APART = frozenset({"steps", "on_failure", "always", "vars"})


def read_play(raw: Any, line: int, place: Place) -> PlayPlan | None:
    """The play, or None when it is none; mistakes are noted. `place` has the playbook's names."""
    if not isinstance(raw, Map):
        place.mistakes.add(place.where(line), f"a play must be a mapping, not {shown(raw)}")
        return None
    keys = _keys(raw, place)
    variables = _variables(raw, place)
    inner = _inside(place, variables)
    steps = read_nodes(raw.get("steps"), replace(inner, phase="steps"), raw.lines.get("steps", raw.line))
    late = [replace(inner, scope=_after(inner.scope, place.scope))]
    on_failure = read_nodes(raw.get("on_failure"), replace(late[0], phase="on_failure"), raw.lines.get("on_failure", 1))
    last = replace(inner, scope=_after(late[0].scope, place.scope), phase="always")
    always = read_nodes(raw.get("always"), last, raw.lines.get("always", 1))
    tell_target(raw.get("target"), place, raw.lines.get("target", raw.line), "play")
    _judges(steps, keys.get("name", ""), place, raw.line)
    return PlayPlan(
        name=keys.get("name", ""),
        where=place.where(raw.line),
        steps=steps,
        description=keys.get("description", ""),
        tags=tuple(keys.get("tags", ())),
        needs=tuple(keys.get("needs", ())),
        target=keys.get("target"),
        variables=variables,
        on_failure=on_failure,
        always=always,
        healed_within=keys.get("healed_within", 60.0),
    )


def _keys(raw: Map, place: Place) -> dict[str, Any]:
    spot = Spot(place.file, raw, raw.line, "play")
    settled = settle(spot, View(place.scope), place.mistakes, skip=_APART)
    for path in settled.waiting if not settled.wrong else ():
        spot.tell(place.mistakes, path, "must be known before the run")
    return fit_parts(PlayKeys, spot, settled, place.mistakes)


def _variables(raw: Map, place: Place) -> dict[str, Any]:
    """The play's `vars`, without those that `-e` wins."""
    layer = spots(place.file, raw.get("vars"), "play.vars")
    for name, spot in layer.items():
        if name in place.scope.late:
            spot.tell(place.mistakes, (), f"{name} is already {place.scope.taken(name)}")
    settled = settle_layer(layer, place.scope, place.mistakes)
    return {name: value for name, value in settled.items() if name not in place.scope.pinned}


def _inside(place: Place, variables: dict[str, Any]) -> Place:
    scope = place.scope.fork().over(variables, frozenset(variables))
    return replace(place, scope=replace(scope, loads={}))


def _after(scope: Scope, outside: Scope) -> Scope:
    """Names after the steps: what they registered may be missing, for they may have been skipped or failed."""
    after = scope.fork()
    for name, late in scope.late.items():
        if outside.late.get(name) is not late:
            unsure = "the play may have failed before it was registered"
            after.late[name] = Late(late.shape, late.where, late.when, unsure, late.settable)
    return after


def _judges(steps: tuple[Node, ...], name: str, place: Place, line: int) -> None:
    if not any(step.model.judges for step in steps_in(steps)):
        place.mistakes.warn(
            Where(place.file, line), f"{name}: judges nothing, so it can never be PASSED; add an assert-"
        )
