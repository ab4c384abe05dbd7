"""Layers of variables: each value is settled once, those that it needs first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.core.context import ExpressionError
from runner.playbook.expressions import Ref
from runner.playbook.mistakes import Mistakes
from runner.playbook.names import Scope, View
from runner.playbook.plan import Deferred
from runner.playbook.settle import Spot, settle
from runner.playbook.source import Map
from runner.playbook.variables import refs


def spots(file: str, raw: Any, label: str) -> dict[str, Spot]:
    """Each variable of a `vars` mapping with its place."""
    if not isinstance(raw, Mapping):
        return {}  # told where the keys are typed
    lines = raw.lines if isinstance(raw, Map) else {}
    return {name: Spot(file, value, lines.get(name, 1), f"{label}.{name}") for name, value in raw.items()}


def settle_layer(layer: Mapping[str, Spot], scope: Scope, mistakes: Mistakes) -> dict[str, Any]:
    """Give each variable its final value, or a `Deferred` one when it needs what only the run knows.

    A variable may need others of its layer, in any order; its own name means the one below.
    """
    return _Layer(layer, scope, mistakes).settled()


@dataclass
class _Layer:
    layer: Mapping[str, Spot]
    scope: Scope
    mistakes: Mistakes
    done: dict[str, Any] = field(default_factory=dict)
    asking: list[str] = field(default_factory=list)

    def settled(self) -> dict[str, Any]:
        for name in self.layer:
            self._settle(name)
        return self.done

    def _settle(self, name: str) -> None:
        if name in self.done:
            return
        if name in self.asking:
            circle = " -> ".join([*self.asking[self.asking.index(name) :], name])
            spot = self.layer[name]
            self.mistakes.add(spot.where(), f"{spot.label}: the variables need each other in a circle: {circle}")
            self.done[name] = None
            return
        self.asking.append(name)
        for ref in _refs(self.layer[name]):
            if ref.name in self.layer and ref.name != name:
                self._settle(ref.name)
        self.asking.pop()
        if name not in self.done:
            self._value(name)

    def _value(self, name: str) -> None:
        spot = self.layer[name]
        settled = settle(spot, View(self.scope.over(self.done)), self.mistakes)
        self.done[name] = settled.as_value(spot)
        if settled.waiting and not settled.wrong and any(ref.name == name for ref in _refs(spot)):
            spot.tell(self.mistakes, (), "needs the variable of its own name, which is known only when the play runs")
        if isinstance(self.done[name], Deferred) and settled.wrong:
            self.done[name] = Deferred("", self.done[name].where)


def _refs(spot: Spot) -> list[Ref]:
    try:
        return refs(spot.raw)
    except ExpressionError:
        return []  # told when it is settled
