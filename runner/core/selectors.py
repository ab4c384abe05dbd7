"""Label selectors: from a workload's `matchLabels` to the text of a list request, and what such a text matches."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator

_TERM = re.compile(
    r"\s*(?:(?P<key>[\w./-]+)\s*(?P<op>==|=|!=)\s*(?P<value>[\w.-]*)"
    r"|(?P<setkey>[\w./-]+)\s+(?P<setop>in|notin)\s*\((?P<values>[^)]*)\)"
    r"|(?P<no>!?)(?P<bare>[\w./-]+))\s*(?:,|$)"
)
_OPERATORS = {"In": "in", "NotIn": "notin"}


def as_text(selector: Mapping[str, Any]) -> str:
    """`{matchLabels: {app: web}, matchExpressions: […]}` as `app=web,tier in (a,b)`."""
    terms = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for one in selector.get("matchExpressions") or []:
        match one["operator"]:
            case "Exists":
                terms.append(one["key"])
            case "DoesNotExist":
                terms.append(f"!{one['key']}")
            case operator:
                terms.append(f"{one['key']} {_OPERATORS[operator]} ({','.join(one['values'])})")
    return ",".join(terms)


def matches(selector: str, labels: Mapping[str, str]) -> bool:
    """Whether labels fit a selector's text, all of which is read.

    Raises:
        ValueError: it is no selector; the sentence shows from where.

    """
    return all(_fits(term, labels) for term in list(_terms(selector)))


def _terms(selector: str) -> Iterator[re.Match[str]]:
    rest = selector.strip()
    while rest:
        term = _TERM.match(rest)
        if not term:
            raise ValueError(f"{rest!r} is no label selector; write app=web,tier in (a,b),!canary")
        yield term
        rest = rest[term.end() :]


def _sound(selector: str) -> str:
    list(_terms(selector))
    return selector


Selector = Annotated[str, AfterValidator(_sound)]
"""A label selector as text, known to be one before a system is touched."""


def _fits(term: re.Match[str], labels: Mapping[str, str]) -> bool:
    if term["key"]:
        same = labels.get(term["key"]) == term["value"]
        return not same if term["op"] == "!=" else same
    if term["setkey"]:
        values = {value.strip() for value in term["values"].split(",")}
        inside = labels.get(term["setkey"]) in values
        return inside if term["setop"] == "in" else not inside
    return (term["bare"] in labels) is not bool(term["no"])
