"""What a declared type holds: its keys, its items, the attributes that an expression may use."""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from runner.playbook.mistakes import near

# What an expression may call on a mapping, whatever its keys.
_METHODS = frozenset({"get", "items", "keys", "values"})


def keys_of(shape: Any) -> list[str]:
    """The keys that a type declares, those of all members of a union; none when it is no mapping with declared keys."""
    return [field.alias or name for one in members(shape) if _is_model(one) for name, field in one.model_fields.items()]


def inside(shape: Any, part: Any) -> Any:
    """The type of a key or an item; Any when it is not declared."""
    for one in members(shape):
        if _is_model(one) and part in one.model_fields:
            return one.model_fields[part].annotation
        if isinstance(part, int) and _is(one, Sequence):
            return _argument(one, 0)
        if isinstance(part, str) and _is(one, Mapping):
            return _argument(one, 1)
    return Any


def trouble(shape: Any, name: str, path: Sequence[str | int]) -> str | None:
    """Say which attribute of a reference the type does not have, or None when all is well as far as types tell."""
    said = name
    for part in path:
        wrong = _lacks(shape, part)
        if wrong is not None:
            return f"{_with(said, part)} is undefined; {said} {wrong}"
        shape, said = inside(shape, part), _with(said, part)
    return None


def members(shape: Any) -> list[Any]:
    """The types that a value may have, without None."""
    while get_origin(shape) is Annotated:
        shape = get_args(shape)[0]
    if get_origin(shape) in (Union, types.UnionType):
        return [one for part in get_args(shape) if part is not type(None) for one in members(part)]
    return [shape]


def _lacks(shape: Any, part: str | int) -> str | None:
    reasons = [_lack(one, part) for one in members(shape)]
    return None if None in reasons or not reasons else reasons[0]


def _lack(one: Any, part: str | int) -> str | None:
    if one is Any or one is object:
        return None
    if _is_model(one):
        return _lack_of_model(one, part)
    if _is(one, Mapping):
        return None
    if _is(one, Sequence):
        return (
            None if isinstance(part, int) or hasattr(list, part) else "is a list: take an item, as in [0], or a filter"
        )
    if get_origin(one) is Literal:
        one = type(get_args(one)[0])
    if isinstance(one, type) and isinstance(part, str) and not hasattr(one, part):
        return f"is {one.__name__}"
    return None


def _lack_of_model(model: type[BaseModel], part: str | int) -> str | None:
    fields = model.model_fields
    if part in fields or part in _METHODS or model.model_config.get("extra") == "allow":
        return None
    if not fields:
        return "has nothing inside"
    return f"has {', '.join(fields)}{near(str(part), fields)}"


def _with(said: str, part: str | int) -> str:
    return f"{said}[{part}]" if isinstance(part, int) else f"{said}.{part}"


def _is_model(one: Any) -> bool:
    return isinstance(one, type) and issubclass(one, BaseModel)


def _is(one: Any, of: type) -> bool:
    origin = get_origin(one) or one
    return isinstance(origin, type) and issubclass(origin, of) and not issubclass(origin, str | bytes)


def _argument(one: Any, index: int) -> Any:
    arguments = get_args(one)
    return arguments[index] if index < len(arguments) else (arguments[0] if arguments and index == 0 else Any)
