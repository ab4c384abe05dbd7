"""Run SQL statements on the server behind a Service."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, Field

from runner.access.not_served import NotServed
from runner.access.retry import until_served
from runner.access.sql_fields import SqlFields
from runner.core.context import StepContext
from runner.core.duration import Duration
from runner.core.observation import Observation
from runner.core.step import Action, Result, StepFailed


class RunSqlResult(Result):
    """What the last statement gave."""

    pod: str
    """The pod that was asked."""
    rows: list[dict[str, Any]]
    count: int
    value: Any = None
    """First column of the first row."""


class RunSql(SqlFields, Action):
    """Run SQL statements in order, each in a transaction of its own, on the server behind a Service.

    The ledgers use it as their way back (`drop table if exists …`), so write statements that may run twice.

    Example:
        - name: a marker is written
          run-sql:
            service: jewelry-shop-db
            database: shop
            user: app
            password: "{{ secrets.db_password }}"
            statements: ["create table if not exists marker (id int)", "insert into marker values (1)"]

    """

    Result: ClassVar[type[BaseModel]] = RunSqlResult

    statements: list[str] = Field(min_length=1, description="SQL statements; bare SQL, no parameters.")
    timeout: Duration = Field(default=10.0, gt=0, description="Longest time to connect, and for each statement.")
    retry: Duration = Field(default=0.0, ge=0, description="How long to go on trying while the server does not serve.")

    async def act(self, ctx: StepContext) -> Observation:
        """Run them; a server that refuses makes the step FAILED, with the server's words."""

        async def once() -> tuple[str, list[dict[str, Any]]]:
            backend, rows = await self.leader(ctx.cluster), []
            for statement in self.statements:
                rows = await self.ask(ctx.cluster, backend, statement, timeout=self.timeout)
            return backend.pod, rows

        try:
            pod, rows = await until_served(ctx, once, within=self.retry)
        except NotServed as why:
            raise StepFailed(str(why)) from why
        value = next(iter(rows[0].values()), None) if rows else None
        summary = f"{len(self.statements)} statements on {pod}"
        return Observation(summary, {"pod": pod, "rows": rows, "count": len(rows), "value": value})
