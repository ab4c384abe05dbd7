"""Serving a container's log: what is there, and what comes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from localcluster.kubelet.cri_log import Line, last_lines, parse, rotated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from localcluster.kubelet.log_options import LogOptions

_BATCH = 256 * 1024  # bytes read at once
_LOOK = 0.05  # seconds between looks at a log that is followed


class Reader:
    """Reads a log that grows and is rotated (copied to NAME.1 and emptied)."""

    def __init__(self, log: Path, *, at_end: bool = False) -> None:
        self._log = log
        self._position = log.stat().st_size if at_end and log.exists() else 0
        self._old: tuple[Path, int] | None = None
        if not at_end and rotated(log).exists():
            self._old = (rotated(log), 0)

    def read(self) -> list[Line]:
        """Give the next lines; none when there are no more now."""
        if self._old is not None:
            path, position = self._old
            raw = _whole(path, position)
            self._old = (path, position + len(raw)) if raw else None
            if raw:
                return _parsed(raw)
        if self._log.exists() and self._log.stat().st_size < self._position:
            self._old, self._position = (rotated(self._log), self._position), 0
            return self.read()
        raw = _whole(self._log, self._position)
        self._position += len(raw)
        return _parsed(raw)


def _whole(path: Path, position: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(position)
            raw = file.read(_BATCH)
    except OSError:
        return b""
    return raw[: raw.rfind(b"\n") + 1]


def _parsed(raw: bytes) -> list[Line]:
    return [line for entry in raw.splitlines(keepends=True) if (line := parse(entry))]


async def stream_log(log: Path, options: LogOptions, ended: asyncio.Future[Any] | None) -> AsyncIterator[bytes]:
    """Yield the log as asked for; with `follow` until `ended` is done (None: it has ended)."""
    left = options.limit
    async for lines in _batches(log, options, ended):
        data = b"".join(options.show(line) for line in lines)
        if left is not None:
            data, left = data[:left], left - len(data)
        if data:
            yield data
        if left is not None and left <= 0:
            return


async def _batches(log: Path, options: LogOptions, ended: asyncio.Future[Any] | None) -> AsyncIterator[list[Line]]:
    # no await between the two: what is written later is read later
    reader = Reader(log, at_end=options.tail is not None)
    if options.tail is not None:
        yield last_lines(log, options.tail)
    while True:
        over = ended is None or ended.done()
        lines = reader.read()
        if lines:
            yield lines
        elif over or not options.follow or ended is None:
            return
        else:
            await asyncio.wait({ended}, timeout=_LOOK)
