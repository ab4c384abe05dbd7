"""A few connections side by side, each looked up, opened and opened again by itself, that carry writes."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import anyio

from runner.access.not_served import NotServed
from runner.core.errors import Unreachable
from runner.core.ledger import Fate, Write
from runner.core.outage import Attempt, Gap

if TYPE_CHECKING:
    from anyio.abc import TaskGroup

    from runner.core.record import Record

T = TypeVar("T")

# While nobody serves, two at a time look for the server: one that hangs on a dead pod must not blind us, and more would
# load the API.
_SCOUTS = 2
# Between two tries of one scout, seconds; it is part of the stated resolution.
_PAUSE = 0.05
# A look-up is a call or two to the API; seconds.
_LOOK_UP = 3.0


class _Blind(Exception):
    """We could not look the server up: that is ours, not the system's."""


class Unanswered(Exception):
    """The write left and no answer came."""


class Denied(Exception):
    """The server said no: the write is not there."""


class Line(Protocol):
    """An open connection that can write one row at a time."""

    async def write(self, write: Write, within: float) -> None:
        """Write and return when it is acknowledged; raises `Unanswered` (also after `within` seconds) or `Denied`."""


@dataclass(eq=False)
class _Lane:
    line: Line
    broken: anyio.Event = field(default_factory=anyio.Event)


@dataclass
class Lanes(Generic[T]):
    """Keeps connections alive; a write fails at once while there is none, so an outage is seen at the load's pace."""

    find: Callable[[], Awaitable[T]]
    """Looks the server up; `Unreachable` here is noted as a gap of ours, `NotServed` as a failed try."""
    connect: Callable[[T], AbstractAsyncContextManager[Line]]
    record: Record
    now: Callable[[], float]
    why: str = "not connected yet"
    """Why there is no connection: the last error of a try."""
    _idle: deque[_Lane] = field(default_factory=deque)
    _alive: int = 0
    _blind: Gap | None = None
    _changed: anyio.Event = field(default_factory=anyio.Event)
    _scouts: anyio.Semaphore = field(default_factory=lambda: anyio.Semaphore(_SCOUTS))

    def start(self, group: TaskGroup, count: int) -> None:
        """Keep `count` connections until the group is cancelled."""
        for _ in range(count):
            group.start_soon(self._keep)

    async def connected(self, within: float) -> None:
        """Return when the first connection is there, or after `within` seconds: our own start is no outage."""
        with anyio.move_on_after(within):
            while not self._alive:
                await self._changed.wait()

    async def carry(self, write: Write) -> None:
        """Send one write and note its fate; ends within the record's time limit."""
        try:
            lane = await self._free(write.sent_at + self.record.timeout)
        except (NotServed, TimeoutError) as error:
            self._failed(write, error)
            return
        try:
            await self._write(lane, write)
        finally:
            self._give_back(lane)

    async def _write(self, lane: _Lane, write: Write) -> None:
        # Set before it leaves: whatever happens from here on, it may be there.
        write.fate = Fate.UNANSWERED
        try:
            await lane.line.write(write, max(0.001, write.sent_at + self.record.timeout - self.now()))
        except (Unanswered, Denied) as error:
            write.fate = Fate.REFUSED if isinstance(error, Denied) else Fate.UNANSWERED
            self._failed(write, error)
            lane.broken.set()
            return
        except BaseException:
            lane.broken.set()
            raise
        write.fate, write.ok, write.done_at = Fate.ACKNOWLEDGED, True, self.now()

    def _failed(self, write: Write, error: Exception) -> None:
        write.done_at = self.now()
        write.timed_out = write.done_at - write.sent_at >= self.record.timeout
        write.error = str(error) or f"no free connection within {self.record.timeout:g} s"

    async def _free(self, until: float) -> _Lane:
        with anyio.fail_after(max(0.0, until - self.now())):
            while not self._idle:
                if not self._alive:
                    raise NotServed(self.why)
                await self._changed.wait()
            return self._idle.popleft()

    def _give_back(self, lane: _Lane) -> None:
        if not lane.broken.is_set():
            self._idle.append(lane)
            self._tell()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()

    async def _keep(self) -> None:
        while True:
            await self._try_once()
            await anyio.sleep(_PAUSE)

    async def _try_once(self) -> None:
        """Connect, and stay until the connection breaks."""
        await self._scouts.acquire()
        scouting = True
        started = self.now()
        try:
            target = await self._look_up(started)
            with anyio.CancelScope(deadline=self.now() + self.record.timeout) as limit:
                async with self.connect(target) as line:
                    limit.deadline = math.inf
                    self.record.attempts.append(Attempt(started, self.now(), ok=True))
                    self._scouts.release()
                    scouting = False
                    await self._serve(line)
            if limit.cancelled_caught:
                self._not_connected(started, f"no connection within {self.record.timeout:g} s")
        except (NotServed, Unreachable, OSError) as error:
            self._not_connected(started, str(error))
        except _Blind as blind:
            self.why = str(blind)
            self._blind = self._blind or Gap(started, started, str(blind))
        finally:
            if scouting:
                self._scouts.release()

    def _not_connected(self, started: float, why: str) -> None:
        self.why = why
        self.record.attempts.append(Attempt(started, self.now(), ok=False))

    async def _look_up(self, started: float) -> T:
        try:
            with anyio.fail_after(_LOOK_UP):
                found = await self.find()
        except TimeoutError:
            raise _Blind(f"the API did not answer within {self.now() - started:.1f} s") from None
        except Unreachable as error:
            raise _Blind(f"the API did not answer: {error}") from error
        except NotServed:
            self.note_blindness()
            raise
        self.note_blindness()
        return found

    def note_blindness(self) -> None:
        """Close the time in which no look-up was answered: it lasts until one is, or until the load ends."""
        if self._blind:
            self.record.gaps.append(replace(self._blind, ended=self.now()))
            self._blind = None

    async def _serve(self, line: Line) -> None:
        lane = _Lane(line)
        self._alive += 1
        self._give_back(lane)
        try:
            await lane.broken.wait()
        finally:
            self._alive -= 1
            if lane in self._idle:
                self._idle.remove(lane)
            self._tell()
