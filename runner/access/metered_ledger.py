"""What every ledger does: keep lanes open, write at a fixed rate, read back what is there, and count."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar
from uuid import uuid4

import anyio

from runner.access.lanes import Lanes, Line
from runner.access.moments import tell_moments
from runner.access.not_served import NotServed
from runner.access.pace import Pace
from runner.access.retry import until_served
from runner.core.errors import Unreachable
from runner.core.ledger import Write
from runner.core.ledger_figures import LedgerFigures, describe_ledger, ledger_figures
from runner.core.observation import Observation
from runner.core.record import Record

if TYPE_CHECKING:
    from runner.core.context import StepContext
    from runner.core.step import Stop

T = TypeVar("T")

# After recovery the rows are there at once; a server that cannot be read for this long has not recovered. Seconds.
_READ_WITHIN = 15.0
# Then it writes all the same, so that what fails is noted with its reason. The engine waits 15 s for a load.
_CONNECT_WITHIN = 10.0


@dataclass(frozen=True)
class Server(Generic[T]):
    """How a ledger reaches its server: look it up, then connect."""

    find: Callable[[], Awaitable[T]]
    connect: Callable[[T], AbstractAsyncContextManager[Line]]


async def write_rows(
    ctx: StepContext, stop: Stop, server: Server[T], record: Record, *, connections: int, rto: float | None
) -> list[Write]:
    """Write until the play is over and the system is steady; every write with its fate. `rto` in seconds."""
    lanes = Lanes(server.find, server.connect, record, ctx.now)
    writes: list[Write] = []

    def make(due: float, seq: int) -> Write:
        writes.append(Write(sent_at=due, id=str(uuid4()), seq=seq))
        return writes[-1]

    async with anyio.create_task_group() as group:
        lanes.start(group, connections)
        await lanes.connected(_CONNECT_WITHIN)
        await Pace(ctx, stop, record, make, lanes.carry, rto).run()
        lanes.note_blindness()
        group.cancel_scope.cancel()
    return writes


async def read_back(ctx: StepContext, read: Callable[[], Awaitable[list[str]]]) -> tuple[list[str] | None, str]:
    """The ids that are there, or None with the reason why they could not be read."""
    try:
        return await until_served(ctx, read, within=_READ_WITHIN), ""
    except (NotServed, Unreachable) as why:
        return None, str(why)


def observe(ctx: StepContext, record: Record, writes: list[Write], found: list[str] | None, unread: str) -> Observation:
    """Count; the moments of the outage go to the timeline, what is wrong to the evidence."""
    tell_moments(ctx, record)
    data = ledger_figures(record, writes, found, ctx.blows, unread)
    seen = LedgerFigures.model_validate(data)
    if seen.wrong:
        ctx.evidence("ledger-wrong.txt", "\n".join(one.model_dump_json() for one in seen.wrong) + "\n")
    return Observation(describe_ledger(seen), data)
