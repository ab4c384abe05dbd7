"""The kubelet's side of the spawner: requests as coroutines, ends of processes as futures."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from . import wire
from .layout import detect
from .runtime import SandboxError

_ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = "import sys; sys.path.insert(0, {root!r}); from localcluster.sandbox.spawner import main; main()"


@dataclasses.dataclass(frozen=True)
class Ended:
    """The end of a process: exit code, negative for a signal, and the CPU seconds that it and its children used."""

    code: int
    cpu: float


@dataclasses.dataclass(frozen=True)
class Process:
    """A process that the spawner started, held by a descriptor that no later process can take over."""

    pid: int
    handle: int
    ended: asyncio.Future[Ended]

    def signal(self, number: int) -> None:
        """Send a signal; nothing happens when it has ended."""
        if not self.ended.done():
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.handle, number)


class Spawner:
    """A running spawner process."""

    def __init__(self, channel: socket.socket, process: subprocess.Popen[bytes]) -> None:
        self._channel = channel
        self._process = process
        self._ids = itertools.count()
        self._replies: dict[int, asyncio.Future[tuple[dict[str, Any], list[int]]]] = {}
        self._running: dict[int, asyncio.Future[Ended]] = {}
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(channel, self._on_packet)

    @classmethod
    async def start(cls, stage: Path) -> Self:
        """Start the process.

        Args:
            stage: an existing folder on which containers' roots are mounted, each in its own mount namespace.

        """
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        wire.enlarge(mine)
        settings = json.dumps({"layout": dataclasses.asdict(detect()), "stage": str(stage)})
        program = _PROGRAM.format(root=str(_ROOT))
        # -I -S: no site-packages, so that it is small and starts in 20 ms
        argv = [sys.executable, "-I", "-S", "-c", program, str(its.fileno()), settings]
        process = subprocess.Popen(argv, pass_fds=[its.fileno()], stdin=subprocess.DEVNULL)  # noqa: ASYNC220 - a vfork
        its.close()
        return cls(mine, process)

    async def ask(self, do: str, descriptors: list[int] | None = None, **values: object) -> dict[str, Any]:
        """Send a request and wait for its answer; `made` in it are descriptors, the caller's to close.

        Raises:
            SandboxError: the spawner has gone, or the kernel refused.

        """
        number = next(self._ids)
        reply = self._replies[number] = self._loop.create_future()
        try:
            wire.send(self._channel, {"id": number, "do": do, **values}, descriptors)
            message, made = await reply
        except OSError as error:
            raise SandboxError(f"{do}: the spawner does not answer: {error}") from error
        finally:
            self._replies.pop(number, None)
        if "error" in message:
            for descriptor in made:
                os.close(descriptor)
            raise SandboxError(f"{do}: {message['error']}")
        return {**message, "made": made}

    async def run(self, do: str, descriptors: list[int], **values: object) -> Process:
        """Ask for a process.

        Raises:
            SandboxError: as `ask`.

        """
        reply = await self.ask(do, descriptors, **values)
        return Process(reply["pid"], reply["made"][0], reply["ended"])

    def _on_packet(self) -> None:
        try:
            packet = wire.receive(self._channel)
        except OSError:
            packet = None
        if packet is None:
            self._gone()
            return
        message, made = packet
        if "exited" in message:
            self._running.pop(message["exited"]).set_result(Ended(message["code"], message["cpu"]))
            return
        if "pid" in message:  # registered at once: its end may be the very next packet
            message["ended"] = self._running[message["pid"]] = self._loop.create_future()
        reply = self._replies.get(message["id"])
        if reply and not reply.done():
            reply.set_result((message, made))
        else:
            self._abandon(message, made)

    def _abandon(self, message: dict[str, Any], made: list[int]) -> None:
        """Nobody waits any more (cancelled): what was started must not go on unseen."""
        if "pid" in message:
            with contextlib.suppress(ProcessLookupError):  # it has ended by itself
                signal.pidfd_send_signal(made[-1], signal.SIGKILL)
        for descriptor in made:
            os.close(descriptor)

    def _gone(self) -> None:
        self._loop.remove_reader(self._channel)
        for reply in self._replies.values():
            if not reply.done():
                reply.set_exception(BrokenPipeError("it has ended"))
        for ended in self._running.values():
            ended.set_result(Ended(-signal.SIGKILL, 0.0))
        self._running.clear()

    async def close(self) -> None:
        """End the process and everything it started."""
        self._loop.remove_reader(self._channel)
        self._channel.close()
        await asyncio.to_thread(self._process.wait)
