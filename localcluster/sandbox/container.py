"""A container that runs, and the programs executed beside its first process."""

from __future__ import annotations

import asyncio
import os
import signal
import uuid
from collections.abc import Callable, Sequence
from typing import Self

from . import streams
from .launching import launch_values
from .logs import Log
from .process import Ends, launched, open_pipes
from .runtime import ContainerSpec, Exit, SandboxError, Usage
from .spawn import Ended, Process, Spawner
from .usage import measure, proportional

_DRAIN_SECONDS = 1.0  # all processes are dead by then: only a full pipe is still to be read


class NamespaceContainer:
    """A container: its first process is pid 1 of a pid namespace, so that all the others end with it."""

    def __init__(self, spec: ContainerSpec, spawner: Spawner, process: Process, terminal: int | None, log: Log) -> None:
        self.id = uuid.uuid4().hex
        self.spec = spec
        self.pid = process.pid
        self.stdin: asyncio.StreamWriter | None = None
        self._spawner = spawner
        self._process = process
        self._terminal = terminal
        self._log = log
        self._execs: set[NamespaceExec] = set()
        self._spent = 0.0  # CPU seconds of execs that have ended: they were never children of the first process
        self._most = 0.0
        self._oom_killed = False
        self._exit = asyncio.ensure_future(self._end())

    @classmethod
    async def begin(
        cls, spec: ContainerSpec, spawner: Spawner, process: Process, ends: Ends, terminal: int | None
    ) -> Self:
        """Connect a started process with its log and its standard input."""
        log = Log(spec.log)
        if terminal is not None:
            log.follow(os.dup(terminal), "stdout")
        if ends.stdout is not None and ends.stderr is not None:
            log.follow(ends.stdout, "stdout")
            log.follow(ends.stderr, "stderr")
        container = cls(spec, spawner, process, terminal, log)
        to_stdin = os.dup(terminal) if terminal is not None and spec.stdin else ends.stdin
        if to_stdin is not None:
            container.stdin = await streams.writer(to_stdin)
        return container

    async def wait(self) -> Exit:
        """Wait for the end of the first process, and with it of all; the log is complete then."""
        return await asyncio.shield(self._exit)

    def on_end(self, callback: Callable[[], None]) -> None:
        """Call back when it has ended."""
        self._exit.add_done_callback(lambda _: callback())

    def signal(self, number: int) -> None:
        """Send a signal to the first process (which ignores what it does not handle, as pid 1 does)."""
        self._process.signal(number)

    def kill(self) -> None:
        """End every process at once, those that detached themselves too: the kernel does it with pid 1."""
        self._process.signal(signal.SIGKILL)

    def kill_for_memory(self) -> None:
        """End it as the kernel does when its memory limit is exceeded."""
        self._oom_killed = True
        self.kill()

    def resize(self, rows: int, columns: int) -> None:
        """Tell the terminal its size."""
        if self._terminal is not None and not self._exit.done():
            streams.resize(self._terminal, rows, columns)

    def usage(self) -> Usage:
        """Tell CPU seconds since the start, which never decrease, and bytes of memory now."""
        now = measure(self._roots())
        self._most = max(self._most, now.cpu_seconds + self._spent)
        return Usage(self._most, now.memory_bytes)

    def exact_memory(self) -> int:
        """Tell the bytes of memory with shared pages counted once; slow (a millisecond for ten processes)."""
        return proportional(self._roots())

    def _roots(self) -> list[int]:
        return [] if self._exit.done() else [self.pid, *(execution.pid for execution in self._execs)]

    async def exec(self, argv: Sequence[str], *, stdin: bool = False, tty: bool = False) -> NamespaceExec:
        """Start a further program.

        Raises:
            SandboxError: the container has ended or the program was not found.

        """
        if self._exit.done() or not argv:
            raise SandboxError("the container has ended" if argv else "no command specified")
        pipes = open_pipes(stdin=stdin, tty=tty)
        values = {"pid": self.pid, "launch": launch_values(self.spec, argv, tty=tty)}
        process, terminal = await launched(self._spawner, "exec", pipes, [], values)
        execution = await NamespaceExec.begin(process, pipes.ours, terminal, stdin=stdin)
        self._execs.add(execution)
        process.ended.add_done_callback(lambda ended: self._exec_ended(execution, ended))
        return execution

    def _exec_ended(self, execution: NamespaceExec, ended: asyncio.Future[Ended]) -> None:
        self._execs.discard(execution)
        self._spent += ended.result().cpu

    async def _end(self) -> Exit:
        ended = await self._process.ended
        try:
            await asyncio.wait_for(self._log.drained(), _DRAIN_SECONDS)
        except TimeoutError:
            self._log.close()
        self._close()
        return exit_of(ended, oom_killed=self._oom_killed)

    def _close(self) -> None:
        os.close(self._process.handle)
        if self._terminal is not None:
            os.close(self._terminal)
        if self.stdin is not None:
            self.stdin.close()


class NamespaceExec:
    """A program in a container beside its first process."""

    def __init__(self, process: Process, stdout: asyncio.StreamReader, stderr: asyncio.StreamReader | None) -> None:
        self.pid = process.pid
        self.stdin: asyncio.StreamWriter | None = None
        self.stdout = stdout
        self.stderr = stderr
        self._process = process
        self._terminal: int | None = None
        process.ended.add_done_callback(self._close)

    @classmethod
    async def begin(cls, process: Process, ends: Ends, terminal: int | None, *, stdin: bool) -> Self:
        """Connect a started process with streams."""
        if terminal is not None:
            execution = cls(process, streams.reader(os.dup(terminal)), None)
            execution._terminal = terminal
            to_stdin = os.dup(terminal) if stdin else None
        else:
            assert ends.stdout is not None
            assert ends.stderr is not None
            execution = cls(process, streams.reader(ends.stdout), streams.reader(ends.stderr))
            to_stdin = ends.stdin
        if to_stdin is not None:
            execution.stdin = await streams.writer(to_stdin)
        return execution

    async def wait(self) -> Exit:
        """Wait for its end; what it wrote may still have to be read."""
        return exit_of(await asyncio.shield(self._process.ended), oom_killed=False)

    def resize(self, rows: int, columns: int) -> None:
        """Tell its terminal the size of the window."""
        if self._terminal is not None:
            streams.resize(self._terminal, rows, columns)

    def kill(self) -> None:
        """End it at once."""
        self._process.signal(signal.SIGKILL)

    def _close(self, _ended: object) -> None:
        os.close(self._process.handle)
        if self._terminal is not None:
            os.close(self._terminal)
            self._terminal = None
        if self.stdin is not None:
            self.stdin.close()


def exit_of(ended: Ended, *, oom_killed: bool) -> Exit:
    """Translate: a signal is 128 + its number, as shells and Kubernetes tell it."""
    if ended.code < 0:
        return Exit(128 - ended.code, -ended.code, oom_killed=oom_killed)
    return Exit(ended.code, oom_killed=oom_killed)
