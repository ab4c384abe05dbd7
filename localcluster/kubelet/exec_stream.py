"""kubectl exec and attach: a process in a container, connected to a WebSocket."""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localcluster.kubelet import channels
from localcluster.kubelet.log_options import LogOptions
from localcluster.kubelet.log_stream import Reader
from localcluster.sandbox.runtime import SandboxError

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from aiohttp.web import WebSocketResponse

    from localcluster.kubelet.instance import Instance
    from localcluster.sandbox.runtime import Container, Exec

_CHUNK = 32 * 1024
_QUIET = 1.0  # seconds of silence after the end of a process, in which a child of it may still hold its output
_LOOK = 0.05  # seconds between looks at the log of a container we are attached to


@dataclass(frozen=True)
class Asked:
    """The query of an exec or attach request."""

    command: Sequence[str]
    stdin: bool
    tty: bool


async def run_command(socket: WebSocketResponse, container: Container, asked: Asked) -> None:
    """Run a command and tell its exit code; it is killed when the client leaves early."""
    try:
        process = await container.exec(asked.command, stdin=asked.stdin, tty=asked.tty)
    except SandboxError as error:
        await channels.finish(socket, channels.failed(f"error executing command in container: {error}"))
        return
    outputs = [asyncio.create_task(_pump(process.stdout, socket, channels.STDOUT))]
    if process.stderr is not None:
        outputs.append(asyncio.create_task(_pump(process.stderr, socket, channels.STDERR)))
    inputs = asyncio.create_task(_take_input(socket, process.stdin, process.resize))
    try:
        await _see_through(socket, process, outputs, inputs)
    finally:
        process.kill()
        for task in (*outputs, inputs):
            task.cancel()


async def _see_through(
    socket: WebSocketResponse, process: Exec, outputs: list[asyncio.Task[None]], inputs: asyncio.Task[None]
) -> None:
    ending = asyncio.create_task(process.wait())
    await asyncio.wait({ending, inputs}, return_when=asyncio.FIRST_COMPLETED)
    if not ending.done():
        ending.cancel()  # the client has left
        return
    pending = set(outputs)
    while pending:
        done, pending = await asyncio.wait(pending, timeout=_QUIET, return_when=asyncio.FIRST_COMPLETED)
        if not done:
            break
    await channels.finish(socket, channels.exited(ending.result().code))


async def _pump(source: StreamReader, socket: WebSocketResponse, channel: int) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(_CHUNK):
            await channels.send(socket, channel, data)


async def _take_input(
    socket: WebSocketResponse, stdin: StreamWriter | None, resize: Callable[[int, int], None] | None
) -> None:
    """Pass input on until the client leaves."""
    async for channel, data in channels.messages(socket):
        if channel == channels.STDIN and stdin is not None:
            with contextlib.suppress(OSError, RuntimeError):  # it no longer listens
                stdin.write(data)
                await stdin.drain()
        elif channel == channels.CLOSE and stdin is not None:
            stdin.close()
        elif channel == channels.RESIZE and resize is not None:
            with contextlib.suppress(ValueError, KeyError):
                size = json.loads(data)
                resize(int(size["Height"]), int(size["Width"]))


async def attach(socket: WebSocketResponse, instance: Instance, log: Path, asked: Asked) -> None:
    """Show what the container's first process writes from now on, line by line, and give it input.

    The output is read from its log, so a prompt without a newline is seen when its line is complete.
    """
    container: Any = instance.container  # stdin and resize are there if it was started with them
    stdin = getattr(container, "stdin", None) if asked.stdin else None
    outputs = asyncio.create_task(_show(socket, log, instance.exit))
    inputs = asyncio.create_task(_take_input(socket, stdin, getattr(container, "resize", None)))
    try:
        await asyncio.wait({outputs, inputs}, return_when=asyncio.FIRST_COMPLETED)
        if outputs.done():
            # no exit code here, as upstream: kubectl takes it from the pod
            await channels.finish(socket, channels.success())
    finally:
        outputs.cancel()
        inputs.cancel()


async def _show(socket: WebSocketResponse, log: Path, ended: asyncio.Future[Any]) -> None:
    reader, options = Reader(log, at_end=True), LogOptions()
    while True:
        over = ended.done()
        lines = reader.read()
        for line in lines:
            channel = channels.STDERR if line.stream == "stderr" else channels.STDOUT
            await channels.send(socket, channel, options.show(line))
        if over and not lines:
            return
        if not lines:
            await asyncio.wait({ended}, timeout=_LOOK)
