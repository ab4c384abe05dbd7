"""Label and field selectors: text or object in, a yes or no about an object out."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_IN = re.compile(r"^([^\s!=,]+)\s+(in|notin)\s*\(([^)]*)\)$")
_EQUAL = re.compile(r"^([^\s!=,]+)\s*(==|=|!=)\s*([^\s!=,]*)$")
_EXISTS = re.compile(r"^(!?)\s*([^\s!=,]+)$")
# a comma inside parentheses belongs to the value set
_COMMA = re.compile(r",(?![^(]*\))")
_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}


class SelectorError(ValueError):
    """The selector cannot be read."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One comma-separated part of a selector; `operator` is in, notin, exists or `!`."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def matches(self, found: str | None) -> bool:
        """Judge the value found under the key; None says that the key is not there."""
        match self.operator:
            case "in":
                return found in self.values
            case "notin":
                return found not in self.values
            case "exists":
                return found is not None
            case _:
                return found is None


@dataclass(frozen=True, slots=True)
class Selector:
    """Requirements that must all hold; none at all selects everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str] | None) -> bool:
        """Judge a label map."""
        found = labels or {}
        return all(one.matches(found.get(one.key)) for one in self.requirements)

    def matches_fields(self, lookup: Callable[[str], str]) -> bool:
        """Judge fields; an absent field looks up as the empty string, as upstream."""
        return all(one.matches(lookup(one.key)) for one in self.requirements)


EVERYTHING = Selector()


def parse(text: str) -> Selector:
    """Read `a=b,c!=d,e in (f,g),h notin (i),j,!k`; raises SelectorError."""
    return Selector(tuple(_requirement(part.strip()) for part in _COMMA.split(text) if part.strip()))


def parse_fields(text: str) -> Selector:
    """Read a field selector, which knows `=`, `==` and `!=` only; raises SelectorError."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(_EQUAL.match(part) for part in parts):
        raise SelectorError(f"invalid selector: '{text}'; can't understand '{text}'")
    return Selector(tuple(_requirement(part) for part in parts))


def from_labels(labels: Mapping[str, str]) -> Selector:
    """Select by plain equality, as a Service's spec.selector does."""
    return Selector(tuple(Requirement(key, "in", frozenset({value})) for key, value in labels.items()))


def from_label_selector(selector: Mapping[str, Any]) -> Selector:
    """Read a LabelSelector object (`matchLabels`, `matchExpressions`); raises SelectorError."""
    expressions = tuple(_expression(one) for one in selector.get("matchExpressions") or ())
    return Selector(from_labels(selector.get("matchLabels") or {}).requirements + expressions)


def _requirement(part: str) -> Requirement:
    if found := _IN.match(part):
        values = frozenset(value.strip() for value in found[3].split(","))
        return Requirement(found[1], found[2], values)
    if found := _EQUAL.match(part):
        return Requirement(found[1], "notin" if found[2] == "!=" else "in", frozenset({found[3]}))
    if found := _EXISTS.match(part):
        return Requirement(found[2], "!" if found[1] else "exists")
    raise SelectorError(f"unable to parse requirement: {part!r}")


def _expression(expression: Mapping[str, Any]) -> Requirement:
    operator = _OPERATORS.get(expression.get("operator", ""))
    if operator is None:
        raise SelectorError(f"{expression.get('operator')!r} is not a valid label selector operator")
    return Requirement(expression["key"], operator, frozenset(expression.get("values") or ()))
