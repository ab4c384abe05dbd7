"""A local port whose connections end inside a pod: port-forward over a WebSocket for each connection.

Errors of the tunnel are told apart from errors of the server behind it. When nobody listens in the pod, the local
connection is closed and the caller's own client complains: that is the server. When the API or the kubelet does not
carry the connection, it is closed too, but leaving the tunnel with that complaint raises `Unreachable` instead of it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from runner.core.errors import Unreachable
from runner.core.target import ApiRefused
from runner.targets.api.session import Session

_PROTOCOL = "v4.channel.k8s.io"
_DATA, _ERROR = 0, 1
_CHUNK = 64 * 1024
# Bad gateway, unavailable, gateway timeout: the API answers, but the node behind it does not.
_NODE_AWAY = (502, 503, 504)


@asynccontextmanager
async def tunnel(session: Session, path: str, port: int) -> AsyncIterator[tuple[str, int]]:
    """Listen on 127.0.0.1 and carry each connection to `port` in the pod; `path` is that of the pod's `portforward`.

    Raises:
        Unreachable: on leaving with an exception, when the last connection failed in the tunnel and not behind it.

    """
    carrier = _Carrier(session, path, port)
    server = await asyncio.start_server(carrier.carry, "127.0.0.1", 0)
    host, local = server.sockets[0].getsockname()[:2]
    try:
        yield host, local
    except Exception as error:
        if carrier.problem and not isinstance(error, Unreachable):
            raise Unreachable(carrier.problem) from error
        raise
    finally:
        server.close()
        await carrier.end()


class _Carrier:
    """Carries connections; `problem` says why the tunnel itself could not carry the last one."""

    def __init__(self, session: Session, path: str, port: int) -> None:
        self._session = session
        self._path = path
        self._port = port
        self._tasks: set[asyncio.Task[Any]] = set()
        self.problem = ""

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._tasks.add(task)
        try:
            async with self._session.websocket(self._path, [("ports", str(self._port))], (_PROTOCOL,)) as socket:
                self.problem = ""
                await _relay(socket, reader, writer)
        except Unreachable as error:
            self.problem = f"tunnel: {error}"
        except ApiRefused as error:
            self.problem = f"tunnel: {error.message}" if error.code in _NODE_AWAY else ""
        except (ConnectionError, asyncio.CancelledError):
            pass  # one side hung up, or the tunnel is closed: both are ordinary ends
        finally:
            self._tasks.discard(task)
            writer.close()

    async def end(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _relay(socket: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    upward = asyncio.create_task(_up(socket, reader))
    try:
        await _down(socket, writer)
    finally:
        upward.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await upward


async def _up(socket: Any, reader: asyncio.StreamReader) -> None:
    while data := await reader.read(_CHUNK):
        await socket.send_bytes(bytes([_DATA]) + data)
    # v4 knows no half-closed connection: when the client has hung up there is nobody left to answer to
    await socket.close()


async def _down(socket: Any, writer: asyncio.StreamWriter) -> None:
    greeted: set[int] = set()
    async for message in socket:
        data = message.data.encode() if isinstance(message.data, str) else message.data
        if not data:
            continue
        channel, payload = data[0], data[1:]
        if channel not in greeted:
            greeted.add(channel)  # the first message of a channel is the port's number, two bytes
            payload = payload[2:]
        if channel == _ERROR and payload:
            return  # the kubelet could not connect inside the pod: nobody listens there
        if channel == _DATA and payload:
            writer.write(payload)
            await writer.drain()
