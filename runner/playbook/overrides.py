"""What `-e` gives: `name=value` with YAML values, or `@file` with a mapping."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from runner.core.errors import InvalidInput, Mistake, Where
from runner.playbook.complaints import shown
from runner.playbook.language import variable_name
from runner.playbook.mistakes import gather
from runner.playbook.source import Map, parse, read


def read_overrides(given: Iterable[str]) -> dict[str, Any]:
    """Variables in the order given; a later one wins.

    Raises:
        InvalidInput: with all mistakes.

    """
    values: dict[str, Any] = {}
    mistakes: list[Mistake] = []
    for text in given:
        mistakes += _file(text[1:], values) if text.startswith("@") else _pair(text, values)
    if mistakes:
        raise InvalidInput(gather(mistakes))
    return values


def _pair(text: str, values: dict[str, Any]) -> Iterator[Mistake]:
    name, equals, value = text.partition("=")
    name = name.strip()
    if not equals:
        yield Mistake(None, f"-e {text}: write name=value or @file")
        return
    if trouble := variable_name(name):
        yield Mistake(None, f"-e {text}: {trouble}")
    page = parse("", value)
    yield from (Mistake(None, f"-e {text}: {found.what}") for found in page.mistakes)
    values[name] = page.value


def _file(path: str, values: dict[str, Any]) -> Iterator[Mistake]:
    page, _ = read(path, path)
    yield from page.mistakes
    if not isinstance(page.value, Map):
        if not page.mistakes:
            yield Mistake(Where(path, 1), f"must be a mapping of variables, not {shown(page.value)}")
        return
    for name, value in page.value.items():
        if trouble := variable_name(str(name)):
            yield Mistake(Where(path, page.value.lines[name]), trouble)
        values[str(name)] = value
