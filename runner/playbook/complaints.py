"""pydantic's errors as sentences for the author of a playbook."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from runner.playbook.mistakes import near
from runner.playbook.shape import inside, keys_of

Path = tuple[Any, ...]

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "none_required": "nothing",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:g}",
    "literal_error": "{expected}",
    "enum": "{expected}",
}


def complaints(error: ValidationError, model: type[BaseModel], given: Any) -> Iterator[tuple[Path, str, bool]]:
    """For each wrong setting its path, what is wrong, and whether it is so whatever the value turns out to be.

    The members of a union speak in one sentence.
    """
    expected: dict[Path, list[str]] = {}
    for one in error.errors(include_url=False):
        path = _path(one, given)
        if _is_about_key(one):
            yield path, f"the key must be text, not {shown(one['input'])}", True
        elif one["type"] == "extra_forbidden":
            yield path, "unknown key" + _known(model, path), True
        elif one["type"] == "missing":
            yield path, f"is missing{_meaning(model, path)}", True
        elif one["type"] in _EXPECTED:
            expected.setdefault(path, []).append(_EXPECTED[one["type"]].format(**one.get("ctx", {})).replace("'", '"'))
        else:
            yield path, _said(one), False
    for path, choices in expected.items():
        value = _at(given, path)
        hint = near(value, re.findall('"(.*?)"', " ".join(choices))) if isinstance(value, str) else ""
        yield path, f"must be {' or '.join(dict.fromkeys(choices))}, not {shown(value)}{hint}", False


def shown(value: Any) -> str:
    """A value in a sentence, short."""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return f'{text[:60]}..."' if len(text) > 64 else text


def dotted(path: Sequence[Any]) -> str:
    """`.budget.rto`, `.that[0]`: what is put behind the name of the kind."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)


def _path(one: ErrorDetails, given: Any) -> Path:
    """The error's place in what was written: pydantic's own words for members of a union are left out."""
    path: list[Any] = []
    loc = one["loc"]
    if _is_about_key(one):
        # pydantic names the key by its text, which the mapping does not hold
        loc = (*loc[: -2 if loc[-1] == "[key]" else -1], one["input"])
    for index, part in enumerate(loc):
        if _holds(given, part):
            given = given[part]
            path.append(part)
        elif index == len(loc) - 1 and one["type"] == "missing":
            path.append(part)
    return tuple(path)


def _is_about_key(one: ErrorDetails) -> bool:
    return one["type"] == "invalid_key" or (one["type"] == "string_type" and one["loc"][-1:] == ("[key]",))


def _holds(given: Any, part: Any) -> bool:
    if isinstance(given, Mapping):
        return part in given
    return isinstance(given, list | tuple) and isinstance(part, int) and part < len(given)


def _at(given: Any, path: Path) -> Any:
    for part in path:
        given = given[part]
    return given


def _parent(model: Any, path: Path) -> Any:
    for part in path[:-1]:
        model = inside(model, part)
    return model


def _known(model: type[BaseModel], path: Path) -> str:
    keys = keys_of(_parent(model, path))
    found = near(str(path[-1]), keys) if path else ""
    return found or (f"; there are {', '.join(keys)}" if keys else "; it takes none")


def _meaning(model: type[BaseModel], path: Path) -> str:
    parent = _parent(model, path)
    field = parent.model_fields.get(path[-1]) if isinstance(parent, type) and issubclass(parent, BaseModel) else None
    return f": {field.description.rstrip('.')}" if field is not None and field.description else ""


def _said(one: ErrorDetails) -> str:
    if one["type"] == "value_error":
        return str(one["ctx"]["error"])
    if one["type"] in ("too_short", "string_too_short"):
        least = one["ctx"]["min_length"]
        return "must not be empty" if least == 1 else f"needs at least {least}"
    said = one["msg"].removeprefix("Assertion failed, ")
    return said[:1].lower() + said[1:].replace("Input should", "should")
