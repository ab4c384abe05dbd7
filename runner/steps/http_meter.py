"""Send HTTP requests at a fixed rate through the ingress, and measure how long and how often it did not serve."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import anyio
from pydantic import BaseModel, Field

from runner.access.api_watch import ApiWatch
from runner.access.moments import tell_moments
from runner.access.not_served import NotServed
from runner.access.pace import Pace
from runner.access.web import WebRequest, browser, by_ingress, fetch, with_host
from runner.core.context import StepContext
from runner.core.duration import Duration
from runner.core.figures import Budget, Figures, describe, figures, judge, one_verdict
from runner.core.observation import Observation
from runner.core.outage import Request
from runner.core.record import Record
from runner.core.step import Load, Stop
from runner.core.verdict import Verdict

if TYPE_CHECKING:
    import aiohttp


class HttpMeter(Load):
    """Send a request every 1/rate seconds, whether those before have been answered or not.

    The time of an answer counts from when its request was due, so that a stall of the system is seen in the percentiles
    and not hidden by requests that were never sent. A request that has no good status within `timeout` has failed.

    Example:
        - name: the shop answers throughout
          http-meter: {url: /health/ready/, host: shop.example.org, rate: 20}
          budget: {rto: 5s, errors_percent: 1, p95: 500ms}

    """

    Result: ClassVar[type[BaseModel]] = Figures

    url: str = Field(min_length=1, description="Path at the target's ingress, or a full address.")
    host: str = Field(default="", description="Host header; default: that of the address.")
    method: Literal["GET", "HEAD", "POST"] = Field(default="GET", description="Method.")
    headers: dict[str, str] = Field(default_factory=dict, description="Further headers.")
    body: str | None = Field(default=None, description="Body, sent as it is.")
    rate: float = Field(default=20.0, ge=1, le=1000, description="Requests a second, due at a fixed pace.")
    timeout: Duration = Field(default=1.0, gt=0, description="A request without an answer after this time has failed.")
    good: list[int] = Field(default_factory=lambda: [200], min_length=1, description="Statuses that count as served.")
    verify_tls: bool = Field(default=True, description="Whether a certificate must be valid.")
    budget: Budget = Field(default_factory=Budget, description="What the drill may cost.")

    async def drive(self, ctx: StepContext, stop: Stop) -> Observation:
        """Send until the play is over and the system serves again."""
        url = by_ingress(ctx.cluster, self.url)
        request = WebRequest(url, self.method, with_host(self.headers, self.host), self.body)
        record = Record(self.rate, self.timeout)
        watch = ApiWatch(ctx, record)
        async with (
            browser(timeout=self.timeout, verify_tls=self.verify_tls) as session,
            anyio.create_task_group() as group,
        ):
            group.start_soon(watch.run)
            await Pace(
                ctx,
                stop,
                record,
                lambda due, _number: Request(due),
                lambda one: self._send(ctx, session, request, one, watch),
                self.budget.rto,
            ).run()
            watch.end()
            group.cancel_scope.cancel()
        tell_moments(ctx, record)
        data = figures(record, ctx.blows)
        return Observation(describe(Figures.model_validate(data)), data)

    def judge(self, seen: Observation) -> Verdict:
        """Every figure that the budget names must keep to it."""
        measured = Figures.model_validate(seen.data)
        return one_verdict(judge(measured, self.budget), describe(measured))

    async def _send(
        self, ctx: StepContext, session: aiohttp.ClientSession, request: WebRequest, one: Request, watch: ApiWatch
    ) -> None:
        left = one.sent_at + self.timeout - ctx.now()
        try:
            answer = await fetch(session, request, timeout=max(0.001, left))
        except NotServed as why:
            one.error = str(why)
            watch.doubt()
        else:
            one.ok = answer.status in self.good
            one.error = "" if one.ok else f"status {answer.status}"
        one.done_at = ctx.now()
        one.timed_out = not one.ok and one.done_at - one.sent_at >= self.timeout
