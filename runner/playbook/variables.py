"""Values from variables: templates are rendered, bare expressions evaluated, late variables looked up when needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from runner.core.context import ExpressionError
from runner.playbook.expressions import Code, Ref, expression, is_template, template
from runner.playbook.plan import Deferred

# A variable that needs a variable that needs …: deeper than this it goes in circles.
_DEEPEST = 50


def render(value: Any, variables: Mapping[str, Any]) -> Any:
    """All templates in a value, however deep; what is no template stays as it is.

    `{{ x }}` alone gives the value itself, with its type; inside other text it gives text.

    Raises:
        ExpressionError: a name or attribute is not there, or an operation is impossible.

    """
    return _rendered(value, variables, 0)


def evaluate(expression_text: str, variables: Mapping[str, Any], /, **extra: Any) -> Any:
    """Give the value of a bare expression; `extra` are names of this one place, such as `object`.

    Raises:
        ExpressionError: as `render`; or the text is no expression.

    """
    code = expression(expression_text)
    return code.value(_picked(code.names, {**variables, **extra} if extra else variables, 0))


def refs(value: Any) -> list[Ref]:
    """What the templates in a value need to know.

    Raises:
        ExpressionError: one of them is no template.

    """
    if isinstance(value, Deferred):
        return refs(value.value)
    if isinstance(value, Mapping):
        return [ref for item in value.values() for ref in refs(item)]
    if isinstance(value, list | tuple):
        return [ref for item in value for ref in refs(item)]
    return list(template(value).refs) if is_template(value) else []


def _rendered(value: Any, variables: Mapping[str, Any], depth: int) -> Any:
    if isinstance(value, Deferred):
        return _rendered(value.value, variables, depth)
    if isinstance(value, str):
        return _text(template(value), variables, depth) if is_template(value) else value
    if isinstance(value, Mapping):
        return {key: _rendered(item, variables, depth) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rendered(item, variables, depth) for item in value]
    return value


def _text(code: Code, variables: Mapping[str, Any], depth: int) -> Any:
    return code.value(_picked(code.names, variables, depth))


def _picked(names: Iterable[str], variables: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """Only what is asked for: large scopes are not copied, late variables and secrets not touched without need."""
    if depth > _DEEPEST:
        raise ExpressionError(f"variables need each other in a circle: {', '.join(sorted(names))}")
    return {name: _late(variables[name], variables, depth) for name in names if name in variables}


def _late(value: Any, variables: Mapping[str, Any], depth: int) -> Any:
    return _rendered(value, variables, depth + 1) if _waits(value) else value


def _waits(value: Any) -> bool:
    return isinstance(value, Deferred)
