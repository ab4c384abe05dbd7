"""Durations: text with a unit outside, seconds as float inside."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")


def seconds(text: str) -> float:
    """Read `90s`, `2m`, `250ms`, `1h30m` as seconds.

    Raises:
        ValueError: it has no unit or is no duration; the sentence says what to write.

    """
    if not isinstance(text, str) or not _WHOLE.fullmatch(text):
        raise ValueError(f"{text!r} is no duration; write a number with a unit, such as 30s, 250ms or 2m")
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))


def text(value: float) -> str:
    """Write seconds as a duration, in milliseconds below one second: 0.25 is `250ms`."""
    if 0 < value < 1:
        return f"{value * 1000:g}ms"
    return f"{value:g}s"


Duration = Annotated[
    float,
    BeforeValidator(seconds),
    PlainSerializer(text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^(\d+(\.\d+)?(ms|s|m|h))+$", "examples": ["30s", "250ms", "2m"]}),
]
