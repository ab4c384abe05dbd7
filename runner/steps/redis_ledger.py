"""Write to Redis at a fixed rate, and prove afterwards that nothing a replica had acknowledged is gone."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

import anyio
from pydantic import BaseModel, Field

from runner.access.lanes import Denied, Unanswered
from runner.access.metered_ledger import Server, observe, read_back, write_rows
from runner.access.not_served import NotServed
from runner.access.redis_fields import RedisFields
from runner.access.redis_server import ask, connection, role_of, sentence
from runner.access.service import Backend
from runner.core.context import StepContext
from runner.core.duration import Duration
from runner.core.ledger import Write
from runner.core.ledger_figures import LedgerBudget, LedgerFigures, judge_ledger
from runner.core.observation import Observation
from runner.core.record import Record
from runner.core.step import Load, Stop
from runner.core.verdict import Verdict
from runner.steps.run_redis import RunRedis

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from runner.core.target import Cluster

_UNDO_WITHIN = 60.0
# The server ends WAIT a little before we give up, so that it is the server who says how many replicas have it.
_WAIT_SHARE = 0.9
# To ask one Sentinel; there are others.
_ASK_TIMEOUT = 0.5
_READ_TIMEOUT = 5.0


class RedisLedger(RedisFields, Load):
    """Append to a list of its own at a fixed rate, then compare what was acknowledged with what is there.

    The master is looked up again on every reconnect. A write is acknowledged when `WAIT` says that `replicas` replicas
    have it; one that only the master has is unknown. `WAIT` counts any replica: the one promoted later need not be it.
    The list is removed after the play.

    Example:
        - name: baskets are kept
          redis-ledger:
            sentinel: {service: redis-sentinel, master: mymaster}
            rate: 50
            replicas: 1
          budget: {rto: 30s, lost: 0}

    """

    Result: ClassVar[type[BaseModel]] = LedgerFigures

    rate: float = Field(default=50.0, ge=1, le=1000, description="Writes a second, due at a fixed pace.")
    replicas: int = Field(default=1, ge=0, description="Replicas that must have a write before it counts.")
    connections: int = Field(default=4, ge=1, le=50, description="Connections side by side; one that hangs holds one.")
    timeout: Duration = Field(default=1.0, gt=0, description="A write without an answer after this time has failed.")
    budget: LedgerBudget = Field(default_factory=LedgerBudget, description="What the drill may cost.")

    async def drive(self, ctx: StepContext, stop: Stop) -> Observation:
        """Write until the play is over and a master serves again, then read the list."""
        key = f"e2e:ledger:{ctx.run}:{uuid4().hex[:8]}"
        ctx.undo(self._remove(key), within=_UNDO_WITHIN)
        record = Record(self.rate, self.timeout)
        turn = itertools.count()
        server = Server(
            lambda: self.master(ctx.cluster, turn=next(turn), timeout=_ASK_TIMEOUT),
            lambda backend: self._line(ctx.cluster, backend, key),
        )
        rto = self.budget.rto
        writes = await write_rows(ctx, stop, server, record, connections=self.connections, rto=rto)
        found, unread = await read_back(ctx, lambda: self._read(ctx.cluster, key))
        return observe(ctx, record, writes, found, unread)

    def judge(self, seen: Observation) -> Verdict:
        """Nothing acknowledged may be lost, and recovery must keep its budget."""
        return judge_ledger(LedgerFigures.model_validate(seen.data), self.budget)

    def _remove(self, key: str) -> RunRedis:
        fields = self.model_dump(include=set(RedisFields.model_fields))
        return RunRedis.model_validate({**fields, "commands": [["UNLINK", key]], "retry": "45s"})

    async def _read(self, cluster: Cluster, key: str) -> list[str]:
        master = await self.master(cluster, timeout=_READ_TIMEOUT)
        async with connection(cluster, master, self.login, timeout=_READ_TIMEOUT) as client:
            rows: list[str] = await ask(client, "LRANGE", key, 0, -1)
            return [str(row) for row in rows]

    @asynccontextmanager
    async def _line(self, cluster: Cluster, backend: Backend, key: str) -> AsyncIterator[_RedisLine]:
        async with connection(cluster, backend, self.login, timeout=self.timeout) as client:
            role = await role_of(client)
            if role.name != "master":
                raise NotServed(f"{backend.pod} is no master but {role.name}")
            yield _RedisLine(client, key, self.replicas)


class _RedisLine:
    """One connection that writes one row at a time."""

    def __init__(self, client: Redis, key: str, replicas: int) -> None:
        self._client = client
        self._key = key
        self._replicas = replicas

    async def write(self, write: Write, within: float) -> None:
        from redis.exceptions import RedisError

        try:
            with anyio.fail_after(within):
                pushed, *confirmed = await self._push(write, within)
        except (RedisError, OSError) as error:
            raise Unanswered(sentence(error, within)) from error
        if isinstance(pushed, Exception):
            raise Denied(str(pushed)) from pushed
        # A WAIT that fails ("instance state changed") says nothing of the row, which is there or was.
        if self._replicas and (isinstance(confirmed[0], Exception) or confirmed[0] < self._replicas):
            raise Unanswered(f"{confirmed[0]} of {self._replicas} replicas confirmed it")

    async def _push(self, write: Write, within: float) -> list[Any]:
        """Both commands leave together, so that waiting costs one way and not two; an error stands for its answer."""
        async with self._client.pipeline(transaction=False) as pipe:
            pipe.execute_command("RPUSH", self._key, write.id)
            if self._replicas:
                pipe.execute_command("WAIT", self._replicas, max(1, int(within * _WAIT_SHARE * 1000)))
            return await pipe.execute(raise_on_error=False)
