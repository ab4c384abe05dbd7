"""Which names an expression may use at one point of a playbook, and what is known about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.core.errors import Where
from runner.playbook.expressions import Ref, expression, missing
from runner.playbook.mistakes import near
from runner.playbook.plan import Deferred
from runner.playbook.shape import trouble


@dataclass(frozen=True)
class Late:
    """A name whose value is there only when the play runs."""

    shape: Any = Any
    """Type of the value; Any when it is not declared."""
    where: Where | None = None
    when: str | None = None
    """It is there only if this was true."""
    unsure: str = ""
    """Why it may be missing although its step comes before; empty when it cannot."""
    settable: bool = False
    """It was made by a step that sets variables, which may set it again."""


@dataclass(frozen=True)
class Items:
    """`item` of a loop whose elements are known at load."""

    values: tuple[Any, ...]


@dataclass
class Scope:
    """The names at one point; `late` grows as steps register."""

    variables: Mapping[str, Any]
    """Final values, and `Deferred` ones."""
    secrets: frozenset[str] | None = None
    """Names of the inventory's secrets; None: no inventory was given, so any may be there."""
    late: dict[str, Late] = field(default_factory=dict)
    loads: dict[str, Where] = field(default_factory=dict)
    """Loads of this play by name."""
    pinned: frozenset[str] = frozenset()
    """Names that the `vars` of an include cannot change: a play's own, and those of `-e`."""
    asked: set[str] = field(default_factory=set)
    """Every name that any expression used, in the whole playbook."""
    open: bool = False
    """Without an inventory an unknown name is no mistake: the inventory may have it."""

    def fork(self) -> Scope:
        """Names for a branch or a play: what it registers is its own."""
        return Scope(self.variables, self.secrets, dict(self.late), self.loads, self.pinned, self.asked, self.open)

    def over(self, variables: Mapping[str, Any], pinned: frozenset[str] = frozenset()) -> Scope:
        """Names below an include or in a play: more variables, the same registers."""
        merged = {**self.variables, **variables}
        return Scope(merged, self.secrets, self.late, self.loads, self.pinned | pinned, self.asked, self.open)

    def is_final(self, name: str) -> bool:
        """Whether the value is known now."""
        return name in self.variables and not isinstance(self.variables[name], Deferred)

    def taken(self, name: str) -> str:
        """Say what the name is already, or nothing."""
        if name in self.variables:
            return "a variable"
        if name in self.late:
            where = self.late[name].where
            return f"registered at {where}" if where else "registered"
        return f"a load at {self.loads[name]}" if name in self.loads else ""


@dataclass(frozen=True)
class View:
    """A scope as one step sees it: with its own `when`, and the names of its own place (`item`, `object`)."""

    scope: Scope
    when: str | None = None
    own: Mapping[str, Late | Items] = field(default_factory=dict)

    def trouble(self, ref: Ref) -> str | None:
        """What is wrong with a reference, or None."""
        self.scope.asked.add(ref.name)
        if ref.name in self.own:
            return _own_trouble(self.own[ref.name], ref)
        if ref.name == "secrets":
            return self._secret(ref)
        if self.scope.is_final(ref.name):
            return missing(ref, self.scope.variables)
        if ref.name in self.scope.variables or ref.name == "run":
            return None
        if ref.name in self.scope.late:
            return self._late(self.scope.late[ref.name], ref)
        return None if ref.maybe else self._unknown(ref)

    def is_final(self, ref: Ref) -> bool:
        """Whether the value can be had now."""
        if ref.name in self.own or ref.name in ("secrets", "run"):
            return False
        return self.scope.is_final(ref.name)

    def is_foreign(self, ref: Ref) -> bool:
        """Whether only an inventory, which is not there, could know the name."""
        known = ref.name in self.scope.variables or ref.name in self.scope.late
        return self.scope.open and not (known or ref.name in self.own or ref.name in ("secrets", "run", *_PLACES))

    def _secret(self, ref: Ref) -> str | None:
        if not ref.path:
            return None if ref.maybe else "secrets is no value; write secrets.NAME"
        known = self.scope.secrets
        name = str(ref.path[0])
        if known is None or name in known:
            return None
        there = f"; it has {', '.join(sorted(known))}" if known else ""
        return f"secrets.{name}: the inventory has no such secret{near(name, known) or there}"

    def _late(self, late: Late, ref: Ref) -> str | None:
        if not ref.maybe and not self._is_guarded(ref.name):
            if late.unsure:
                return f"{ref.name} may be missing: {late.unsure}; guard the step with when: {ref.name} is defined"
            if late.when is not None and late.when != self.when:
                return (
                    f"{ref.name} is registered only when {late.when}; "
                    f"give this step the same when, or when: {ref.name} is defined"
                )
        return trouble(late.shape, ref.name, ref.path)

    def _is_guarded(self, name: str) -> bool:
        return self.when is not None and Ref(name, (), maybe=True) in expression(self.when).refs

    def _unknown(self, ref: Ref) -> str:
        if ref.name in _PLACES:
            return f"{ref.name} is known only {_PLACES[ref.name]}"
        known = [*self.scope.variables, *self.scope.late, *self.own, "secrets", "run"]
        if ref.name in self.scope.loads:
            return f"{ref.name} is a load, no variable; give it a register"
        if ref.name in _OTHER_TONGUES:
            return f"{ref.name} is undefined; write {_OTHER_TONGUES[ref.name]}"
        return f"{ref.name} is undefined{near(ref.name, known)}"


_PLACES = {"item": "in a step with a loop", "object": "in the `that` of a step that looks at things"}

_OTHER_TONGUES = {"yes": "true", "on": "true", "no": "false", "off": "false", "null": "none", "undefined": "none"}


def _own_trouble(own: Late | Items, ref: Ref) -> str | None:
    if isinstance(own, Late):
        return trouble(own.shape, ref.name, ref.path)
    found = (missing(ref, {ref.name: value}) for value in own.values)
    return next((said for said in found if said), None)
