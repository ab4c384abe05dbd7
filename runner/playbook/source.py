"""YAML in which every key and every item still knows its line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from runner.core.errors import Mistake, Where

# libyaml's parser is ten times as fast as the one in Python, and not in every build.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# Nobody nests a playbook deeper by hand; a bomb of brackets would end in a RecursionError.
_DEEPEST = 60

# Aliases of aliases of aliases grow without bound ("billion laughs"); this many values fill no playbook.
_LARGEST = 2_000_000


class Map(dict[Any, Any]):
    """A mapping that knows the line of itself and of each key."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[Any, int] = {}


class Seq(list[Any]):
    """A list that knows the line of itself and of each item."""

    __slots__ = ("line", "lines")

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: list[int] = []


@dataclass
class Page:
    """A file as it was read: its value, and what is wrong with its YAML."""

    file: str
    """Its path as the user gave it."""
    value: Any = None
    mistakes: list[Mistake] = field(default_factory=list)


def parse(file: str, text: str) -> Page:
    """Read one YAML document of plain types: text, numbers, true, false, null, lists and mappings (YAML 1.2 core).

    `yes`, `on`, `012`, `1:30` and dates stay text. Syntax errors and duplicate keys are in `mistakes`, never raised.
    """
    page = Page(file)
    try:
        _Builder(page, yaml.parse(text, Loader=_LOADER)).document()
    except _Broken as error:
        page.mistakes.append(Mistake(Where(file, error.line), error.what))
    except yaml.MarkedYAMLError as error:
        page.mistakes.append(_syntax(file, error))
    except yaml.YAMLError as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        page.mistakes.append(Mistake(Where(file, line), f"YAML: {getattr(error, 'reason', error)}"))
    return page


def read(file: str, path: str) -> tuple[Page, bytes]:
    """Read a file of UTF-8 text; what is wrong, also that it is not there, is in the page's mistakes."""
    try:
        with open(path, "rb") as opened:  # noqa: PTH123 - a Path is made for nothing else here
            raw = opened.read()
        return parse(file, raw.decode("utf-8-sig")), raw
    except OSError as error:
        return Page(file, None, [Mistake(None, f"{file}: cannot be read: {error.strerror}")]), b""
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return Page(file, None, [Mistake(Where(file, line), "is no UTF-8 text")]), raw


def line_of(value: Any, path: tuple[Any, ...], otherwise: int) -> int:
    """The line of the deepest key or item on a path that is written down."""
    line = otherwise
    for part in path:
        if not _holds(value, part):
            break
        line = value.lines[part]
        value = value[part]
    return line


def _holds(value: Any, part: Any) -> bool:
    if isinstance(value, Map):
        return part in value.lines
    return isinstance(value, Seq) and isinstance(part, int) and part < len(value)


class _Broken(Exception):
    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        self.what = what


class _Builder:
    """Turns the parser's events into values; holds no node tree, so that a long playbook stays small."""

    def __init__(self, page: Page, events: Iterator[Event]) -> None:
        self._page = page
        self._events = events
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._size = 0

    def document(self) -> None:
        documents = 0
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _Broken(_line(event), "a second YAML document; one file holds one")
                self._page.value = self._value(next(self._events), 0)

    def _value(self, event: Event, depth: int) -> Any:
        if depth > _DEEPEST:
            raise _Broken(_line(event), f"nested deeper than {_DEEPEST} levels")
        if isinstance(event, AliasEvent):
            return self._alias(event)
        before = self._size
        self._count(event, 1)
        value = self._built(event, depth)
        anchor = getattr(event, "anchor", None)
        if anchor:
            self._anchors[anchor] = (value, self._size - before)
        return value

    def _built(self, event: Event, depth: int) -> Any:
        if isinstance(event, ScalarEvent):
            return _scalar(event)
        if getattr(event, "tag", None) not in (None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"):
            raise _forbidden(event)
        if isinstance(event, MappingStartEvent):
            return self._map(event, depth)
        assert isinstance(event, SequenceStartEvent)
        return self._seq(event, depth)

    def _alias(self, event: AliasEvent) -> Any:
        if event.anchor not in self._anchors:
            raise _Broken(_line(event), f"*{event.anchor}: no value before it has the anchor &{event.anchor}")
        value, size = self._anchors[event.anchor]
        self._count(event, size)
        return value

    def _count(self, event: Event, size: int) -> None:
        self._size += size
        if self._size > _LARGEST:
            raise _Broken(_line(event), f"more than {_LARGEST} values, aliases counted out")

    def _seq(self, start: Event, depth: int) -> Seq:
        made = Seq(_line(start))
        for event in self._events:
            if isinstance(event, SequenceEndEvent):
                break
            made.lines.append(_line(event))
            made.append(self._value(event, depth + 1))
        return made

    def _map(self, start: Event, depth: int) -> Map:
        made = Map(_line(start))
        merged: list[Map] = []
        for event in self._events:
            if isinstance(event, MappingEndEvent):
                break
            key = self._key(event)
            value = self._value(next(self._events), depth + 1)
            if key == "<<":
                merged += _merged(value, event)
            elif key in made:
                self._twice(key, made, event)
            else:
                made[key] = value
                made.lines[key] = _line(event)
        for other in merged:
            for key, value in other.items():
                if key not in made:
                    made[key], made.lines[key] = value, other.lines[key]
        return made

    def _key(self, event: Event) -> Any:
        if isinstance(event, ScalarEvent):
            return _scalar(event)
        hint = "; put a value that begins with {{ in quotes" if isinstance(event, MappingStartEvent) else ""
        raise _Broken(_line(event), f"a key must be text{hint}")

    def _twice(self, key: Any, made: Map, event: Event) -> None:
        what = f'"{key}" stands twice in one mapping; first in line {made.lines[key]}'
        self._page.mistakes.append(Mistake(Where(self._page.file, _line(event)), what))


def _merged(value: Any, event: Event) -> list[Map]:
    found = list(value) if isinstance(value, Seq) else [value]
    if not all(isinstance(one, Map) for one in found):
        raise _Broken(_line(event), "<<: takes a mapping or a list of mappings")
    return found


def _line(event: Event) -> int:
    return int(event.start_mark.line) + 1  # type: ignore[union-attr] # events of a parser have marks


_Resolve = tuple[re.Pattern[str], Callable[[str], Any]]

# YAML 1.2 core, but that a number with a leading zero (a file mode, a telephone number) stays text.
_PLAIN: tuple[_Resolve, ...] = (
    (re.compile(r"|~|null|Null|NULL"), lambda _: None),
    (re.compile(r"true|True|TRUE"), lambda _: True),
    (re.compile(r"false|False|FALSE"), lambda _: False),
    (re.compile(r"[-+]?(0|[1-9][0-9]{0,300})"), int),
    (re.compile(r"0x[0-9a-fA-F]{1,300}"), lambda text: int(text, 16)),
    (re.compile(r"[-+]?(0|[1-9][0-9]*)?(\.[0-9]+|\.)?([eE][-+]?[0-9]+)?(?<=[0-9.])"), float),
)

# What a plain scalar of another type than text begins with.
_FIRST = frozenset("~nNtTfF-+.0123456789")


def _scalar(event: ScalarEvent) -> Any:
    if event.tag and event.tag not in ("!", "tag:yaml.org,2002:str"):
        raise _forbidden(event)
    text = str(event.value)
    if event.tag or not event.implicit[0] or (text and text[0] not in _FIRST):
        return text
    for pattern, made in _PLAIN:
        if pattern.fullmatch(text):
            try:
                return made(text)
            except ValueError:
                continue
    return text


def _forbidden(event: Any) -> _Broken:
    return _Broken(_line(event), f"the tag {event.tag.replace('tag:yaml.org,2002:', '!!')} is not allowed")


def _syntax(file: str, error: yaml.MarkedYAMLError) -> Mistake:
    mark = error.problem_mark or error.context_mark
    what = f"YAML: {error.problem}" if error.problem else "YAML: cannot be read"
    if error.context:
        what += f" {error.context}"
    if "cannot start any token" in what:
        what += "; indent with spaces, and quote a text that begins with @, ` or %"
    if error.context_mark and mark and error.context_mark.line != mark.line:
        what += f" that begins in line {error.context_mark.line + 1}"
    return Mistake(Where(file, mark.line + 1 if mark else 1), what)
