"""Write rows to PostgreSQL at a fixed rate, and prove afterwards that no acknowledged one is gone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

from pydantic import BaseModel, Field

from runner.access.lanes import Denied, Unanswered
from runner.access.metered_ledger import Server, observe, read_back, write_rows
from runner.access.not_served import NotServed
from runner.access.postgres import hang_up_after, sentence, session
from runner.access.retry import until_served
from runner.access.service import Backend
from runner.access.sql_fields import SqlFields
from runner.core.context import StepContext
from runner.core.duration import Duration
from runner.core.errors import Unreachable
from runner.core.ledger import Write
from runner.core.ledger_figures import LedgerBudget, LedgerFigures, judge_ledger
from runner.core.observation import Observation
from runner.core.record import Record
from runner.core.step import Load, Stop
from runner.core.verdict import Verdict
from runner.steps.run_sql import RunSql

if TYPE_CHECKING:
    import psycopg

    from runner.core.target import Cluster

# A leader may be in the middle of an election when the play begins; the engine waits 15 s for a load.
_PREPARE_WITHIN = 12.0
# In synchronous mode a commit waits for a replica.
_PREPARE_TIMEOUT = 10.0
_DROP_WITHIN = 60.0


class SqlLedger(SqlFields, Load):
    """Write rows to a table of its own at a fixed rate, then compare what was acknowledged with what is there.

    The server is looked up again, by the Endpoints of the Service, on every reconnect. A write is acknowledged when its
    commit returns, and not when the server warns that a replica may not have it. The table has no unique key: a row
    that is there twice must be seen. It is dropped after the play.

    Example:
        - name: tills keep selling
          sql-ledger:
            service: jewelry-shop-db
            database: shop
            user: app
            password: "{{ secrets.db_password }}"
            rate: 50
          budget: {rto: 30s, lost: 0, duplicated: 0}

    """

    Result: ClassVar[type[BaseModel]] = LedgerFigures

    service: str = Field(description="Service whose Endpoints lead to the leader.")
    rate: float = Field(default=50.0, ge=1, le=1000, description="Writes a second, due at a fixed pace.")
    connections: int = Field(default=4, ge=1, le=50, description="Connections side by side; one that hangs holds one.")
    timeout: Duration = Field(default=1.0, gt=0, description="A write without an answer after this time has failed.")
    budget: LedgerBudget = Field(default_factory=LedgerBudget, description="What the drill may cost.")

    async def drive(self, ctx: StepContext, stop: Stop) -> Observation:
        """Write until the play is over and the leader serves again, then read the table."""
        table = _table_name(ctx.run)
        ctx.undo(self._drop(table), within=_DROP_WITHIN)
        try:
            await until_served(ctx, lambda: self._create(ctx.cluster, table), within=_PREPARE_WITHIN)
        except (NotServed, Unreachable) as why:
            problem = f"could not make its table: {why}"
            return Observation(problem, {"problem": problem})
        record = Record(self.rate, self.timeout)
        server = Server(lambda: self.leader(ctx.cluster), lambda backend: self._line(ctx.cluster, backend, table))
        rto = self.budget.rto
        writes = await write_rows(ctx, stop, server, record, connections=self.connections, rto=rto)
        found, unread = await read_back(ctx, lambda: self._read(ctx.cluster, table))
        return observe(ctx, record, writes, found, unread)

    def judge(self, seen: Observation) -> Verdict:
        """Nothing acknowledged may be lost, and recovery must keep its budget."""
        return judge_ledger(LedgerFigures.model_validate(seen.data), self.budget)

    def _drop(self, table: str) -> RunSql:
        fields = self.model_dump(include=set(SqlFields.model_fields))
        return RunSql(**fields, statements=[f"drop table if exists {table}"], retry="45s", timeout="10s")  # type: ignore[arg-type] # durations are text outside

    async def _create(self, cluster: Cluster, table: str) -> None:
        query = f"create table if not exists {table} (id uuid, seq bigint, sent timestamptz default clock_timestamp())"
        await self.ask(cluster, await self.leader(cluster), query, timeout=_PREPARE_TIMEOUT)

    async def _read(self, cluster: Cluster, table: str) -> list[str]:
        query = f"select id::text from {table}"  # noqa: S608 - the name is ours
        rows = await self.ask(cluster, await self.leader(cluster), query, timeout=_PREPARE_TIMEOUT)
        return [row["id"] for row in rows]

    @asynccontextmanager
    async def _line(self, cluster: Cluster, backend: Backend, table: str) -> AsyncIterator[_SqlLine]:
        async with session(cluster, backend, self.login, timeout=self.timeout, writable=True) as connection:
            yield _SqlLine(connection, table)


class _SqlLine:
    """One connection that writes one row at a time."""

    def __init__(self, connection: psycopg.AsyncConnection[Any], table: str) -> None:
        self._connection = connection
        self._insert = f"insert into {table} (id, seq) values (%s, %s)".encode()  # noqa: S608 - the name is ours
        self._warning = ""
        connection.add_notice_handler(self._noticed)

    def _noticed(self, notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            self._warning = notice.message_primary or "warning"

    async def write(self, write: Write, within: float) -> None:
        import psycopg

        try:
            async with hang_up_after(self._connection, within):
                await self._connection.execute(self._insert, (write.id, write.seq))
        except TimeoutError:
            raise Unanswered("no answer in time") from None
        except psycopg.Error as error:
            raise (Denied if _said_no(error) else Unanswered)(sentence(error)) from error
        if self._warning:
            # "committed locally, but might not have been replicated": that is no yes.
            raise Unanswered(self._warning)


def _said_no(error: psycopg.Error) -> bool:
    """Whether the server itself rejected the row; a session that was ended (57P…, 08…) may have committed it before."""
    state = error.sqlstate or ""
    return bool(state) and not state.startswith(("57P", "08"))


def _table_name(run: str) -> str:
    """Own table for each ledger; PostgreSQL's names have 63 characters."""
    return f"e2e_ledger_{re.sub('[^a-z0-9]+', '_', run.lower())[:40]}_{uuid4().hex[:8]}"
