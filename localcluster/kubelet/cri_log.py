"""Reading container logs in the CRI format: `time stream F|P text`."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = 64 * 1024


@dataclass(frozen=True)
class Line:
    """One line, or a part of one."""

    time: str
    stream: str
    text: bytes
    """With its newline, unless the line goes on."""


def parse(raw: bytes) -> Line | None:
    """Read one line of a log file; None when it is damaged."""
    parts = raw.rstrip(b"\n").split(b" ", 3)
    if len(parts) < 3 or parts[2] not in (b"F", b"P"):
        return None
    text = parts[3] if len(parts) == 4 else b""
    return Line(parts[0].decode(), parts[1].decode(), text + (b"\n" if parts[2] == b"F" else b""))


def rotated(log: Path) -> Path:
    """Name the file that holds what came before the current one."""
    return log.with_name(log.name + ".1")


def last_lines(log: Path, count: int) -> list[Line]:
    """Give the last `count` whole lines; parts of a line count as one."""
    raw = _raw_tail(log, count)
    if len(raw) < count and rotated(log).exists():
        raw = _raw_tail(rotated(log), count - len(raw)) + raw
    return [line for entry in raw if (line := parse(entry))]


def _raw_tail(file: Path, count: int) -> list[bytes]:
    if count <= 0 or not file.exists():
        return []
    with file.open("rb") as opened:
        end = opened.seek(0, 2)
        data = b""
        while end > 0 and data.count(b"\n") <= count:
            start = max(0, end - _BLOCK)
            opened.seek(start)
            data = opened.read(end - start) + data
            end = start
    found = data.split(b"\n")[1 if end > 0 else 0 : -1]
    return list(_whole_lines(found, count))


def _whole_lines(raw: list[bytes], count: int) -> deque[bytes]:
    kept: deque[bytes] = deque()
    for entry in reversed(raw):
        line = parse(entry)
        if line is not None and line.text.endswith(b"\n"):
            count -= 1
        if count < 0:
            break
        kept.appendleft(entry)
    return kept


def tail_text(log: Path, count: int) -> str:
    """Give the text of the last lines."""
    return b"".join(line.text for line in last_lines(log, count)).decode(errors="replace")
