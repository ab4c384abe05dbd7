"""kubectl port-forward: many TCP connections as SPDY streams in one WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import WSMsgType

from localcluster.kubelet import spdy

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Awaitable, Callable

    from aiohttp.web import WebSocketResponse

log = logging.getLogger(__name__)
PROTOCOL = "SPDY/3.1+portforward.k8s.io"
_CHUNK = 32 * 1024
_WAITING = 256  # messages of a connection that wait for its server


@dataclass
class _Stream:
    """What the client sends on one stream; an empty message is its end."""

    inbox: asyncio.Queue[bytes] = field(default_factory=lambda: asyncio.Queue(_WAITING))


class SpdyTunnel:
    """Serves one kubectl port-forward."""

    def __init__(
        self,
        socket: WebSocketResponse,
        connect: Callable[[int], Awaitable[tuple[StreamReader, StreamWriter]]],
    ) -> None:
        self._socket = socket
        self._connect = connect
        self._spdy = spdy.Spdy()
        self._streams: dict[int, _Stream] = {}
        self._errors: dict[str, int] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve until the client leaves."""
        try:
            async for message in self._socket:
                if message.type is WSMsgType.BINARY:
                    for frame in self._spdy.feed(message.data):
                        await self._take(frame)
        except spdy.SpdyError as error:
            log.info("port-forward ended: %s", error)
        finally:
            for task in self._tasks:
                task.cancel()

    async def _take(self, frame: spdy.Frame) -> None:
        if frame.kind == spdy.SYN_STREAM:
            await self._open(frame)
        elif frame.kind == spdy.PING:
            await self._send(spdy.control(spdy.PING, frame.payload))
        elif frame.kind == spdy.RST_STREAM:
            await self._push(frame.stream, b"")
        elif frame.kind == 0:
            if frame.payload:
                await self._push(frame.stream, frame.payload)
            if frame.last:
                await self._push(frame.stream, b"")

    async def _push(self, stream: int, payload: bytes) -> None:
        if stream in self._streams:
            await self._streams[stream].inbox.put(payload)

    async def _open(self, frame: spdy.Frame) -> None:
        headers = self._spdy.headers(frame)
        await self._send(self._spdy.reply(frame.stream))
        request = headers.get("requestid", "")
        if headers.get("streamtype") == "error":
            self._errors[request] = frame.stream
            return
        self._streams[frame.stream] = _Stream()
        work = self._forward(int(headers.get("port", "0")), frame.stream, self._errors.pop(request, 0))
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _forward(self, port: int, stream: int, error_stream: int) -> None:
        trouble = b""
        try:
            reader, writer = await self._connect(port)
        except OSError as error:
            trouble = f"connection to 127.0.0.1:{port} in the pod failed: {error}".encode()
        else:
            await self._relay(reader, writer, stream)
        finally:
            del self._streams[stream]
        with contextlib.suppress(ConnectionError):
            await self._send(spdy.data(error_stream, trouble, last=True))
            if trouble:
                await self._send(spdy.data(stream, b"", last=True))

    async def _relay(self, reader: StreamReader, writer: StreamWriter, stream: int) -> None:
        sending = asyncio.create_task(self._to_pod(writer, stream))
        try:
            while chunk := await reader.read(_CHUNK):
                await self._send(spdy.data(stream, chunk))
        except ConnectionError:
            log.debug("connection of stream %d was reset", stream)
        finally:
            sending.cancel()
            writer.close()
        with contextlib.suppress(ConnectionError):
            await self._send(spdy.data(stream, b"", last=True))

    async def _to_pod(self, writer: StreamWriter, stream: int) -> None:
        inbox = self._streams[stream].inbox
        with contextlib.suppress(OSError):
            while chunk := await inbox.get():
                writer.write(chunk)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()

    async def _send(self, frame: bytes) -> None:
        if not self._socket.closed:
            await self._socket.send_bytes(frame)
