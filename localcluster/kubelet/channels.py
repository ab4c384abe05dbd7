"""Kubernetes' channel protocol: streams of one process over one WebSocket, told apart by their first byte."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aiohttp import WSMsgType

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp.web import WebSocketResponse

    from localcluster.client import Obj

STDIN, STDOUT, STDERR, STATUS, RESIZE, CLOSE = 0, 1, 2, 3, 4, 255
PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")  # v5 can close stdin: a message of CLOSE and a channel number


async def messages(socket: WebSocketResponse) -> AsyncIterator[tuple[int, bytes]]:
    """Yield (channel, data) until the client leaves."""
    async for message in socket:
        if message.type is WSMsgType.BINARY and message.data:
            yield message.data[0], message.data[1:]
        elif message.type is WSMsgType.TEXT and message.data:
            yield ord(message.data[0]), message.data[1:].encode()


async def send(socket: WebSocketResponse, channel: int, data: bytes) -> None:
    """Send data on a channel; it is lost if the client has left."""
    if not socket.closed:
        await socket.send_bytes(bytes([channel]) + data)


def success() -> Obj:
    """Give the Status of a command that ended well."""
    return {"metadata": {}, "status": "Success"}


def exited(code: int) -> Obj:
    """Give the Status of a command's exit code, from which kubectl takes its own."""
    if code == 0:
        return success()
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: exit status {code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


def failed(message: str) -> Obj:
    """Give the Status of a command that could not be run."""
    return {"metadata": {}, "status": "Failure", "message": message, "reason": "InternalError", "code": 500}


async def finish(socket: WebSocketResponse, status: Obj) -> None:
    """Send the Status and close."""
    await send(socket, STATUS, json.dumps(status).encode())
    await socket.close()
