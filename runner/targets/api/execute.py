"""Run a command in a container, over a WebSocket with numbered channels."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from runner.core.errors import Unreachable
from runner.core.target import ApiRefused, CommandResult
from runner.targets.api.session import Session

_STDIN, _STDOUT, _STDERR, _STATUS = 0, 1, 2, 3
# v5 can end standard input; v4 is for servers before 1.30.
_PROTOCOLS = ("v5.channel.k8s.io", "v4.channel.k8s.io")
_CHUNK = 32 * 1024


async def execute(
    session: Session, path: str, argv: Sequence[str], *, container: str | None, stdin: str | None, timeout: float
) -> CommandResult:
    """Run it and wait for its end, at most `timeout` seconds. `path` is that of the pod's `exec`.

    Raises:
        TimeoutError: it still runs (and may go on running in the container).
        ApiRefused: the container cannot run it (not running, no such program).
        Unreachable: the connection broke off before it had ended.

    """
    query = [("command", word) for word in argv]
    query += [("stdout", "true"), ("stderr", "true")]
    query += [("stdin", "true")] if stdin is not None else []
    query += [("container", container)] if container else []
    async with asyncio.timeout(timeout), session.websocket(path, query, _PROTOCOLS) as socket:
        if stdin is not None:
            await _feed(socket, stdin)
        return await _collect(socket, path)


async def _feed(socket: Any, stdin: str) -> None:
    if socket.protocol != _PROTOCOLS[0]:
        raise ApiRefused(400, "NoEndOfInput", "this server cannot end standard input; Kubernetes 1.30 or later can")
    data = stdin.encode()
    for start in range(0, len(data), _CHUNK):
        await socket.send_bytes(bytes([_STDIN]) + data[start : start + _CHUNK])
    await socket.send_bytes(b"\xff" + bytes([_STDIN]))


async def _collect(socket: Any, path: str) -> CommandResult:
    parts: dict[int, bytearray] = {_STDOUT: bytearray(), _STDERR: bytearray(), _STATUS: bytearray()}
    async for message in socket:
        data = message.data.encode() if isinstance(message.data, str) else message.data
        if data and data[0] in parts:
            parts[data[0]] += data[1:]
    if not parts[_STATUS]:
        raise Unreachable(f"the connection broke off before the command had ended ({path})")
    code = _code(json.loads(parts[_STATUS]))
    return CommandResult(code, parts[_STDOUT].decode(errors="replace"), parts[_STDERR].decode(errors="replace"))


def _code(status: Any) -> int:
    if status.get("status") == "Success":
        return 0
    causes = (status.get("details") or {}).get("causes") or []
    for cause in causes:
        if cause.get("reason") == "ExitCode":
            return int(cause["message"])
    raise ApiRefused(int(status.get("code") or 500), str(status.get("reason") or ""), str(status.get("message") or ""))
