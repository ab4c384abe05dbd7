"""What probes and hooks do: httpGet, tcpSocket, exec, sleep."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcluster.kubelet.http_get import Request, http_get
from localcluster.sandbox.runtime import SandboxError

if TYPE_CHECKING:
    from asyncio import StreamReader

    from localcluster.client import Obj
    from localcluster.sandbox.runtime import Container

_OUTPUT = 10 * 1024  # bytes of a command's output that are kept


@dataclass(frozen=True)
class Target:
    """The container that is asked."""

    spec: Obj
    ip: str
    container: Container


@dataclass(frozen=True)
class Outcome:
    """Good or not, and a sentence for the event."""

    good: bool
    message: str = ""


async def perform(action: Obj, target: Target, limit: float | None) -> Outcome:
    """Do what a probe or hook says, within `limit` seconds (None: no limit)."""
    try:
        async with asyncio.timeout(limit):
            return await _perform(action, target)
    except TimeoutError:
        return Outcome(False, f"timed out after {limit:g}s: {_named(action, target)}")
    except (OSError, ValueError) as error:
        return Outcome(False, f"{_named(action, target)}: {error}")
    except SandboxError as error:
        return Outcome(False, str(error))


async def _perform(action: Obj, target: Target) -> Outcome:
    if "exec" in action:
        return await _command(action["exec"].get("command") or [], target)
    if "httpGet" in action:
        code = await http_get(_request(action["httpGet"], target))
        return Outcome(200 <= code < 400, f"HTTP probe failed with statuscode: {code}")
    if "tcpSocket" in action:
        given = action["tcpSocket"]
        _, writer = await asyncio.open_connection(given.get("host") or target.ip, port_of(given["port"], target.spec))
        writer.close()
        return Outcome(True)
    if "sleep" in action:
        await asyncio.sleep(action["sleep"]["seconds"])
        return Outcome(True)
    return Outcome(False, f"{', '.join(action.keys() & {'grpc'}) or 'this kind of probe'} is not supported")


async def _command(argv: list[str], target: Target) -> Outcome:
    process = await target.container.exec(argv)
    try:
        readers = [_head(reader) for reader in (process.stdout, process.stderr) if reader is not None]
        output = b"".join(await asyncio.gather(*readers))
        ended = await process.wait()
    except asyncio.CancelledError:
        process.kill()
        raise
    return Outcome(ended.code == 0, output.decode(errors="replace").strip() or f"exit code {ended.code}")


async def _head(reader: StreamReader) -> bytes:
    kept = b""
    while chunk := await reader.read(65536):
        kept = (kept + chunk)[:_OUTPUT]
    return kept


def _request(given: Obj, target: Target) -> Request:
    path = given.get("path") or "/"
    return Request(
        scheme=(given.get("scheme") or "HTTP").lower(),
        host=given.get("host") or target.ip,
        port=port_of(given["port"], target.spec),
        path=path if path.startswith("/") else f"/{path}",
        headers=[(header["name"], header.get("value", "")) for header in given.get("httpHeaders") or []],
    )


def port_of(port: int | str, container: Obj) -> int:
    """Give the number of a port that may be a name.

    Raises:
        ValueError: the container has no port of that name.

    """
    if isinstance(port, int) or port.isdigit():
        return int(port)
    for entry in container.get("ports") or []:
        if entry.get("name") == port:
            return int(entry["containerPort"])
    raise ValueError(f"container {container['name']} has no port named {port!r}")


def _named(action: Obj, target: Target) -> str:
    try:
        if "httpGet" in action:
            return f'Get "{_request(action["httpGet"], target).url}"'
        if "tcpSocket" in action:
            return f"dial tcp {target.ip}:{port_of(action['tcpSocket']['port'], target.spec)}"
    except ValueError:
        return "port"
    return "command " + str((action.get("exec") or {}).get("command", ""))
