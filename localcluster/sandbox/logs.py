"""Writes what a container says into its log file, in the CRI format: `time stream F|P text`."""

from __future__ import annotations

import asyncio
import errno
import os
from datetime import UTC, datetime
from pathlib import Path

_CHUNK = 1 << 16
_LONGEST = 16384  # bytes of one entry; longer lines are cut into parts marked P, as the CRI does


class Log:
    """The log file of one container; streams may be added while it runs."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        self._open: set[int] = set()
        self._loop = asyncio.get_running_loop()
        self._drained = asyncio.Event()

    def follow(self, descriptor: int, stream: str) -> None:
        """Copy a pipe or terminal into the log until its end; the descriptor is closed then."""
        os.set_blocking(descriptor, False)
        self._open.add(descriptor)
        rest = bytearray()
        self._loop.add_reader(descriptor, self._pump, descriptor, stream.encode(), rest)

    async def drained(self) -> None:
        """Wait until every stream has ended."""
        await self._drained.wait()

    def _pump(self, descriptor: int, stream: bytes, rest: bytearray) -> None:
        try:
            data = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno != errno.EIO:  # how a terminal says that nobody holds its other side
                raise
            data = b""
        rest += data
        entries = list(split(rest, final=not data))
        if entries:
            stamp = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z").encode()
            os.write(self._file, b"".join(b"%b %b %b %b\n" % (stamp, stream, tag, text) for tag, text in entries))
        if not data:
            self._finish(descriptor)

    def close(self) -> None:
        """Give up on streams that somebody still holds open."""
        for descriptor in tuple(self._open):
            self._finish(descriptor)

    def _finish(self, descriptor: int) -> None:
        self._loop.remove_reader(descriptor)
        os.close(descriptor)
        self._open.discard(descriptor)
        if not self._open:
            os.close(self._file)
            self._drained.set()


def split(rest: bytearray, *, final: bool) -> list[tuple[bytes, bytes]]:
    """Take the complete entries out of a buffer: (F or P, text). With `final` the unfinished line is one too."""
    entries: list[tuple[bytes, bytes]] = []
    *lines, unfinished = rest.split(b"\n")
    rest[:] = unfinished
    for line in lines:
        entries += _parts(bytes(line), last=b"F")
    while len(rest) > _LONGEST:
        entries.append((b"P", bytes(rest[:_LONGEST])))
        del rest[:_LONGEST]
    if final and rest:
        entries.append((b"F", bytes(rest)))
        rest.clear()
    return entries


def _parts(line: bytes, *, last: bytes) -> list[tuple[bytes, bytes]]:
    cuts = [line[start : start + _LONGEST] for start in range(0, len(line), _LONGEST)] or [b""]
    return [(b"P", cut) for cut in cuts[:-1]] + [(last, cuts[-1])]
