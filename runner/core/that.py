"""The `that:` of a step: bare expressions that must be true of what was looked at."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from runner.core.context import ExpressionError, StepContext

# One comparison and nothing else: only then both sides can be shown without guessing.
_COMPARISON = re.compile(r"(.+?)\s+(?:==|!=|<=|>=|<|>|not in|in)\s+(.+)")
_LOGIC = re.compile(r"\b(and|or|not|if|else)\b")


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


That = Annotated[
    list[str],
    BeforeValidator(_as_list),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""One expression or a list of them; all must be true."""


def unmet(ctx: StepContext, that: list[str], *, secret: bool = False, **names: Any) -> list[str]:
    """A sentence for each expression that does not hold; an empty list when all do.

    What is not there yet does not hold: an undefined attribute is a reason, not an error. Only `true` counts as true: a
    text such as "false" would otherwise pass. `secret`: the sentences show no values.
    """
    return [sentence for expression in that if (sentence := _why_not(ctx, expression, names, secret))]


def _why_not(ctx: StepContext, expression: str, names: dict[str, Any], secret: bool) -> str:
    try:
        value = ctx.evaluate(expression, **names)
    except ExpressionError as error:
        return f"{expression}: {error}"
    if value is True:
        return ""
    if value is not False:
        return f"{expression} is {'something' if secret else _short(value)}, neither true nor false"
    return f"{expression} is false{'' if secret else _sides(ctx, expression, names)}"


def _sides(ctx: StepContext, expression: str, names: dict[str, Any]) -> str:
    """What stood on both sides of a comparison, where that can be told: `; object.x is 3`."""
    found = _COMPARISON.fullmatch(expression)
    if not found or _LOGIC.search(expression.replace("not in", "")):
        return ""
    shown = []
    for side in found.groups():
        try:
            value = _short(ctx.evaluate(side, **names))
        except ExpressionError:
            return ""
        if value != side.strip().replace('"', "'"):
            shown.append(f"{side.strip()} is {value}")
    return f" ({', '.join(shown)})" if shown else ""


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
