"""Pipes and terminals as asyncio streams."""

from __future__ import annotations

import asyncio
import fcntl
import os
import struct
import termios

_CHUNK = 1 << 16


class _Source(asyncio.ReadTransport):
    """Feeds a reader from a descriptor; a terminal's end (EIO) is an end like any other."""

    def __init__(self, descriptor: int, reader: asyncio.StreamReader) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._reader = reader
        self._loop = asyncio.get_running_loop()
        os.set_blocking(descriptor, False)
        self.resume_reading()

    def pause_reading(self) -> None:
        self._loop.remove_reader(self._descriptor)

    def resume_reading(self) -> None:
        self._loop.add_reader(self._descriptor, self._read)

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, _CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._reader.feed_data(data)
            return
        self._loop.remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._reader.feed_eof()


def reader(descriptor: int) -> asyncio.StreamReader:
    """Read a pipe or terminal as a stream; the descriptor is closed at its end."""
    stream = asyncio.StreamReader()
    stream.set_transport(_Source(descriptor, stream))
    return stream


async def writer(descriptor: int) -> asyncio.StreamWriter:
    """Write to a pipe or terminal as a stream; closing the stream closes the descriptor."""
    loop = asyncio.get_running_loop()
    file = os.fdopen(descriptor, "wb", buffering=0)
    protocol = asyncio.StreamReaderProtocol(asyncio.StreamReader())
    transport, _ = await loop.connect_write_pipe(lambda: protocol, file)
    return asyncio.StreamWriter(transport, protocol, None, loop)


def resize(terminal: int, rows: int, columns: int) -> None:
    """Tell a terminal its window's size; its programs get SIGWINCH."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
