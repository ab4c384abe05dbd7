"""Starts one program through the spawner and waits until it has been executed, or learns why it was not."""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import dataclass

from . import wire
from .runtime import SandboxError
from .spawn import Process, Spawner


@dataclass(frozen=True)
class Ends:
    """Our ends of a program's streams; with a terminal all three are none of these."""

    stdin: int | None = None
    stdout: int | None = None
    stderr: int | None = None


@dataclass(frozen=True)
class Pipes:
    """The streams of a program that is about to start."""

    ours: Ends
    theirs: list[int]

    def close_theirs(self) -> None:
        """Close what the program has inherited."""
        for descriptor in self.theirs:
            os.close(descriptor)

    def close_ours(self) -> None:
        """Give up: the program was not started."""
        for descriptor in (self.ours.stdin, self.ours.stdout, self.ours.stderr):
            if descriptor is not None:
                os.close(descriptor)


def open_pipes(*, stdin: bool, tty: bool) -> Pipes:
    """Open the pipes for a program; a terminal is opened by the program's own side."""
    if tty:
        return Pipes(Ends(), [])
    output, errors = os.pipe2(os.O_CLOEXEC), os.pipe2(os.O_CLOEXEC)
    if stdin:
        read, write = os.pipe2(os.O_CLOEXEC)
    else:
        read, write = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC), None
    return Pipes(Ends(write, output[0], errors[0]), [read, output[1], errors[1]])


async def launched(
    spawner: Spawner, do: str, pipes: Pipes, namespaces: list[int], values: dict[str, object]
) -> tuple[Process, int | None]:
    """Start a program; return it with its terminal, if it was to have one.

    Raises:
        SandboxError: it could not be executed; the message says why.

    """
    mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with mine:
        try:
            process = await spawner.run(do, [its.fileno(), *namespaces, *pipes.theirs], **values)
        except BaseException:
            pipes.close_ours()
            raise
        finally:
            its.close()
            pipes.close_theirs()
        try:
            terminal = await _outcome(mine)
        except BaseException:
            process.signal(9)
            pipes.close_ours()
            os.close(process.handle)
            raise
    return process, terminal


async def _outcome(report: socket.socket) -> int | None:
    """Read what the forked child tells before it executes the program: nothing, a terminal, or a complaint."""
    terminal: int | None = None
    while packet := await _packet(report):
        message, descriptors = packet
        if message == b"tty":
            terminal = descriptors[0]
            continue
        if terminal is not None:
            os.close(terminal)
        raise SandboxError(message.removeprefix(b"bad").decode(errors="replace"))
    return terminal


async def _packet(report: socket.socket) -> tuple[bytes, list[int]] | None:
    loop = asyncio.get_running_loop()
    report.setblocking(False)
    readable: asyncio.Future[None] = loop.create_future()
    loop.add_reader(report, _settle, readable)
    try:
        await readable
    finally:
        loop.remove_reader(report)
    data, descriptors = wire.receive_raw(report)
    return (data, descriptors) if data else None


def _settle(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
