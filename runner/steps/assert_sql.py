"""Ask PostgreSQL, and judge the rows."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import BaseModel, Field, model_validator

from runner.access.not_served import NotServed
from runner.access.service import Backend, backends, pods
from runner.access.sql_fields import SqlFields
from runner.core.context import StepContext
from runner.core.duration import Duration
from runner.core.observation import Observation
from runner.core.selectors import Selector
from runner.core.step import Probe, Result
from runner.core.that import That, unmet
from runner.core.verdict import Verdict, failed, passed

# Where a pod is named, no Endpoints say on which port its PostgreSQL listens.
_USUAL_PORT = 5432


class SqlAnswer(BaseModel):
    """What one server answered."""

    pod: str
    rows: list[dict[str, Any]]
    """A mapping from column to value for each row."""
    count: int
    value: Any = None
    """First column of the first row."""
    seconds: float
    """Connecting included."""


class AssertSqlResult(SqlAnswer, Result):
    """The first answer, and all of them when several servers were asked."""

    answers: list[SqlAnswer]
    problems: list[str]
    """A sentence for each server that did not answer, and for each expression that did not hold."""


class AssertSql(SqlFields, Probe):
    """Run a query through the leader's Service, or on each pod of a selector, and judge what it gives.

    `that` is asked of each answer as `object`: its `rows`, `count`, `value` (first column of the first row), `pod` and
    `seconds`. Without `that` it is enough that every server answers without an error.

    Example:
        - name: every pod follows the same timeline
          assert-sql:
            selector: application=spilo
            database: postgres
            user: postgres
            password: "{{ secrets.db_password }}"
            query: select timeline_id from pg_control_checkpoint()
            that: object.value == 2

    """

    Result: ClassVar[type[BaseModel]] = AssertSqlResult
    deferred: ClassVar[frozenset[str]] = frozenset({"that"})

    selector: Selector = Field(default="", description="Label selector instead of `service`: each pod is asked.")
    pod: str = Field(default="", description="Name of the one pod to ask, instead of `service`.")
    query: str = Field(min_length=1, description="One SQL statement; placeholders are %s, or %(name)s.")
    params: list[Any] | dict[str, Any] | None = Field(default=None, description="Values of the placeholders.")
    that: That = Field(default_factory=list, description="Bare expressions over `object` that must all be true.")
    timeout: Duration = Field(default=5.0, gt=0, description="Longest time to connect, and to answer.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(map(bool, (self.service, self.selector, self.pod))) != 1:
            raise ValueError("name exactly one of `service`, `selector` and `pod`")
        if not self.service and isinstance(self.port, str):
            raise ValueError("a port's name is known to Endpoints only; write its number")
        return self

    async def look(self, ctx: StepContext) -> Observation:
        """The answer of each server that was to be asked."""
        answers: list[SqlAnswer] = []
        problems: list[str] = []
        try:
            asked = await self._servers(ctx)
        except NotServed as why:
            asked, problems = [], [str(why)]
        for backend in asked:
            try:
                answers.append(await self._answer(ctx, backend))
            except NotServed as why:
                problems.append(str(why))
        for answer in answers:
            where = f"{answer.pod}: " if len(asked) > 1 else ""
            problems += [where + why for why in unmet(ctx, self.that, object=answer.model_dump())]
        return _observation(answers, problems)

    def judge(self, seen: Observation) -> Verdict:
        """Every server must have answered, and every expression must hold."""
        if seen.data["problems"]:
            return failed("; ".join(seen.data["problems"]))
        return passed(seen.summary)

    async def _servers(self, ctx: StepContext) -> list[Backend]:
        if self.service:
            return (await backends(ctx.cluster, self.service, self.port, self.namespace))[:1]
        port = int(self.port or _USUAL_PORT)
        if self.pod:
            return [Backend(self.pod, port, self.namespace)]
        found = await pods(ctx.cluster, self.selector, port, self.namespace)
        if not found and not ctx.allow_empty:
            where = self.namespace or ctx.cluster.namespace
            raise NotServed(f"matched nothing: no pod has {self.selector} in namespace {where}")
        return found

    async def _answer(self, ctx: StepContext, backend: Backend) -> SqlAnswer:
        start = ctx.now()
        rows = await self.ask(ctx.cluster, backend, self.query, self.params, timeout=self.timeout)
        value = next(iter(rows[0].values()), None) if rows else None
        seconds = round(ctx.now() - start, 4)
        return SqlAnswer(pod=backend.pod, rows=rows, count=len(rows), value=value, seconds=seconds)


def _observation(answers: list[SqlAnswer], problems: list[str]) -> Observation:
    first = answers[0] if answers else SqlAnswer(pod="", rows=[], count=0, seconds=0.0)
    data = {**first.model_dump(), "answers": [one.model_dump() for one in answers], "problems": problems}
    said = (
        ", ".join(f"{one.pod} gave {_short(one)}" for one in answers)
        or "nobody was asked: the selector matched nothing"
    )
    return Observation(said, data)


def _short(answer: SqlAnswer) -> str:
    if answer.count == 1 and len(answer.rows[0]) == 1:
        return repr(answer.value) if len(repr(answer.value)) < 80 else "one long value"
    return f"{answer.count} rows"
