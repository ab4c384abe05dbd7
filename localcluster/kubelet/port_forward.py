"""Port-forward for the Python client: two channels a port (data, errors) over one WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from typing import TYPE_CHECKING

from localcluster.kubelet import channels

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Awaitable, Callable, Sequence

    from aiohttp.web import WebSocketResponse

PROTOCOL = "v4.channel.k8s.io"
_CHUNK = 32 * 1024


async def forward_ports(
    socket: WebSocketResponse,
    ports: Sequence[int],
    connect: Callable[[int], Awaitable[tuple[StreamReader, StreamWriter]]],
) -> None:
    """Connect each port once; returns when all connections have ended or the client leaves."""
    writers: dict[int, StreamWriter] = {}
    pumps: list[asyncio.Task[None]] = []
    for number, port in enumerate(ports):
        for channel in (2 * number, 2 * number + 1):  # the protocol begins with the port on each channel
            await channels.send(socket, channel, struct.pack("<H", port))
        try:
            reader, writers[2 * number] = await connect(port)
        except OSError as error:
            text = f"connection to 127.0.0.1:{port} in the pod failed: {error}"
            await channels.send(socket, 2 * number + 1, text.encode())
            continue
        pumps.append(asyncio.create_task(_pump(reader, socket, 2 * number)))
    inputs = asyncio.create_task(_take_input(socket, writers))
    try:
        outputs = asyncio.create_task(_all(pumps))
        await asyncio.wait({outputs, inputs}, return_when=asyncio.FIRST_COMPLETED)
        await socket.close()
    finally:
        for task in (*pumps, inputs):
            task.cancel()
        for writer in writers.values():
            writer.close()


async def _all(pumps: Sequence[asyncio.Task[None]]) -> None:
    await asyncio.gather(*pumps)


async def _pump(reader: StreamReader, socket: WebSocketResponse, channel: int) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(_CHUNK):
            await channels.send(socket, channel, chunk)


async def _take_input(socket: WebSocketResponse, writers: dict[int, StreamWriter]) -> None:
    async for channel, data in channels.messages(socket):
        if channel in writers:
            with contextlib.suppress(OSError):
                writers[channel].write(data)
                await writers[channel].drain()
