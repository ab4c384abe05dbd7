"""Put a Service under load until its autoscaler adds pods, then watch it take them away again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import anyio
from pydantic import BaseModel, Field

from runner.access.not_served import NotServed
from runner.access.web import WebRequest, browser, by_ingress, fetch, with_host
from runner.core.context import StepContext
from runner.core.duration import Duration
from runner.core.errors import Unreachable
from runner.core.figures import Budget, Figures, figures, judge, one_verdict, served
from runner.core.observation import Observation
from runner.core.outage import Request
from runner.core.record import Record
from runner.core.scaling import Bounds, Count, Curve, bounds_of, count_of, what_it_says
from runner.core.step import Load, Stop
from runner.core.verdict import Verdict, failed, unknown

if TYPE_CHECKING:
    import aiohttp

# After an error at once the next one would spin; a user would look at the page for a moment.
_AFTER_ERROR = 0.1


class CountFigures(BaseModel):
    """Replicas from a moment on; `at` in seconds after the load began."""

    at: float
    wanted: int
    running: int
    ready: int


class HpaFigures(Figures):
    """How the autoscaler followed. Figures of a load without pace: `resolution` and `needed` mean nothing here."""

    missing: str = ""
    """What is not there: the autoscaler or its workload."""
    start: int = 0
    """Ready replicas before the load."""
    above: int = 0
    """More than so many had to become Ready."""
    least: int = 0
    """The autoscaler's minReplicas."""
    most: int = 0
    """The autoscaler's maxReplicas."""
    highest: int = 0
    """Most replicas that ever were there or wanted."""
    highest_ready: int = 0
    end: int = 0
    """Replicas when it was over."""
    up: float | None = None
    """Seconds from the start of the load to more than `above` Ready replicas; None: never."""
    down: float | None = None
    """Seconds from the end of the load to `least` replicas; None: not in time, or never scaled up."""
    says: str = ""
    """What the autoscaler says when it did not do what it should."""
    counts: list[CountFigures] = Field(default_factory=list)


class HpaLoad(Load):
    """Let `users` send requests, each the next one when the last is answered, until more than `above` pods are Ready.

    Then the load goes on for `hold`, ends, and the replicas must be back at the autoscaler's minimum. All of that
    happens within this step, also when the play's other steps have ended long before: it takes `up_within`, `hold` and
    `down_within` at most, which must be less than 180 s together. They may never be more than its maximum.

    The work must be real: choose a path that costs the pods CPU. Percentiles are those of a loaded system, as its users
    see them; `http-meter` beside it shows what a steady stream of requests would.

    Example:
        - name: the shop grows and shrinks with its customers
          hpa-load: {hpa: django-hpa, url: /api/catalog/, host: shop.example.org, users: 4, up_within: 45s}
          budget: {p95: 2s, errors_percent: 1}

    """

    Result: ClassVar[type[BaseModel]] = HpaFigures

    hpa: str = Field(min_length=1, description="Name of the HorizontalPodAutoscaler.")
    namespace: str | None = Field(default=None, description="Its namespace; default: the target's.")
    url: str = Field(min_length=1, description="Path at the target's ingress, or a full address; it must cost CPU.")
    host: str = Field(default="", description="Host header; default: that of the address.")
    method: Literal["GET", "POST"] = Field(default="GET", description="Method.")
    headers: dict[str, str] = Field(default_factory=dict, description="Further headers.")
    body: str | None = Field(default=None, description="Body, sent as it is.")
    users: int = Field(default=4, ge=1, le=200, description="Requests under way at a time.")
    good: list[int] = Field(default_factory=lambda: [200], min_length=1, description="Statuses that count as served.")
    timeout: Duration = Field(default=10.0, gt=0, description="A request without an answer after this time has failed.")
    above: int | None = Field(default=None, ge=0, description="More Ready pods than this; default: than at the start.")
    up_within: Duration = Field(default=60.0, gt=0, description="From the start of the load to more Ready pods.")
    hold: Duration = Field(default=5.0, ge=0, description="How long the load goes on after that.")
    down_within: Duration = Field(default=90.0, gt=0, description="From the end of the load to the minimum.")
    verify_tls: bool = Field(default=True, description="Whether a certificate must be valid.")
    budget: Budget = Field(default_factory=Budget, description="What the drill may cost.")

    async def drive(self, ctx: StepContext, stop: Stop) -> Observation:  # noqa: ARG002 - this load ends by itself
        """Load, hold, release; ends by itself, so `stop` is not waited for."""
        hpa = await ctx.cluster.get("HorizontalPodAutoscaler", self.hpa, self.namespace)
        if hpa is None:
            return _missing(f"matched nothing: there is no HorizontalPodAutoscaler {self.hpa}")
        bounds = bounds_of(hpa)
        workload = await ctx.cluster.get(bounds.kind, bounds.name, self.namespace)
        if workload is None:
            return _missing(f"{self.hpa} scales {bounds.kind} {bounds.name}, which is not there")
        scene = _Scene(ctx, bounds, self._above(count_of(workload, ctx.now()), bounds))
        scene.see(count_of(workload, ctx.now()))
        record = Record(float(self.users), self.timeout)
        async with anyio.create_task_group() as group:
            group.start_soon(scene.watch, self.namespace)
            up, down = await self._up_and_down(scene, record)
            group.cancel_scope.cancel()
        return await self._observe(scene, record, up, down)

    def judge(self, seen: Observation) -> Verdict:
        """Up in time, never above the maximum, down in time, and within the budget meanwhile."""
        measured = HpaFigures.model_validate(seen.data)
        if measured.missing:
            return failed(measured.missing)
        if measured.above >= measured.most:
            return unknown(f"more than {measured.above} replicas cannot be seen: {self.hpa} allows {measured.most}")
        verdicts = [*_judge_scaling(measured, self), *judge(measured, self.budget)]
        return one_verdict(verdicts, _describe(measured))

    def _above(self, count: Count, bounds: Bounds) -> int:
        return self.above if self.above is not None else max(count.ready, bounds.least)

    async def _up_and_down(self, scene: _Scene, record: Record) -> tuple[float | None, float | None]:
        start = scene.ctx.now()
        tls = self.verify_tls
        async with browser(timeout=self.timeout, verify_tls=tls) as session, anyio.create_task_group() as group:
            for _ in range(self.users):
                group.start_soon(self._user, scene.ctx, session, record)
            up = await scene.until(lambda count: count.ready > scene.above, self.up_within)
            if up is not None:
                scene.ctx.milestone("scaled up", at=up)
                await anyio.sleep(self.hold)
            group.cancel_scope.cancel()
        if up is None:
            return None, None
        released = scene.ctx.now()
        down = await scene.until(lambda count: count.wanted == count.running == scene.bounds.least, self.down_within)
        if down is not None:
            scene.ctx.milestone("scaled down", at=down)
        return up - start, None if down is None else down - released

    async def _user(self, ctx: StepContext, session: aiohttp.ClientSession, record: Record) -> None:
        url = by_ingress(ctx.cluster, self.url)
        request = WebRequest(url, self.method, with_host(self.headers, self.host), self.body)
        while True:
            one = Request(ctx.now())
            record.requests.append(one)
            try:
                answer = await fetch(session, request, timeout=self.timeout)
                one.ok = answer.status in self.good
                one.error = "" if one.ok else f"status {answer.status}"
            except NotServed as why:
                one.error = str(why)
            one.done_at = ctx.now()
            one.timed_out = not one.ok and one.done_at - one.sent_at >= self.timeout
            if one.ok:
                ctx.publish(ready=True, users=self.users, done=len(record.requests))
            else:
                await anyio.sleep(_AFTER_ERROR)

    async def _observe(self, scene: _Scene, record: Record, up: float | None, down: float | None) -> Observation:
        curve, bounds = scene.curve, scene.bounds
        data: dict[str, Any] = {
            **figures(record, ()),
            "start": curve.counts[0].ready,
            "above": scene.above,
            "least": bounds.least,
            "most": bounds.most,
            "highest": curve.highest,
            "highest_ready": curve.highest_ready,
            "end": curve.last.running,
            "up": None if up is None else round(up, 3),
            "down": None if down is None else round(down, 3),
            "says": await self._says(scene.ctx) if up is None or down is None else "",
            "counts": [_figures_of(one, curve.counts[0].at) for one in curve.counts],
        }
        return Observation(_describe(HpaFigures.model_validate(data)), data)

    async def _says(self, ctx: StepContext) -> str:
        with suppress(Unreachable):
            hpa = await ctx.cluster.get("HorizontalPodAutoscaler", self.hpa, self.namespace)
            return what_it_says(hpa) if hpa else f"{self.hpa} is gone"
        return "the API does not answer any more"


@dataclass
class _Scene:
    """What is watched while the load runs."""

    ctx: StepContext
    bounds: Bounds
    above: int
    curve: Curve = field(default_factory=Curve)
    _changed: anyio.Event = field(default_factory=anyio.Event)

    def see(self, count: Count) -> None:
        self.curve.add(count)
        self._changed.set()
        self._changed = anyio.Event()

    async def watch(self, namespace: str | None) -> None:
        async for change in self.ctx.cluster.watch(self.bounds.kind, namespace=namespace):
            if change.object["metadata"]["name"] == self.bounds.name and change.type != "DELETED":
                self.see(count_of(change.object, change.at))

    async def until(self, right: Callable[[Count], bool], within: float) -> float | None:
        """The time at which the newest count was right; None when none was, `within` seconds."""
        return await _or_none(self._until(right), within)

    async def _until(self, right: Callable[[Count], bool]) -> float:
        # From now on: a count of before the load says nothing of it.
        while not right(self.curve.last):
            await self._changed.wait()
        return max(self.curve.last.at, self.curve.counts[0].at)


async def _or_none(waiting: Awaitable[float], within: float) -> float | None:
    with anyio.move_on_after(within):
        return await waiting
    return None


def _missing(what: str) -> Observation:
    return Observation(what, {"missing": what})


def _judge_scaling(seen: HpaFigures, load: HpaLoad) -> list[Verdict]:
    found = []
    if not seen.ok:
        why = f": {seen.errors[0].error}" if seen.errors else ""
        found.append(failed(f"none of {seen.sent} requests was answered well{why}"))
    if seen.up is None:
        found.append(
            failed(
                f"{seen.highest_ready} replicas Ready within {load.up_within:g} s of load, "
                f"more than {seen.above} wanted; {load.hpa} {seen.says}"
            )
        )
    elif seen.down is None:
        found.append(
            failed(f"{seen.end} replicas {load.down_within:g} s after the load, {seen.least} wanted; {seen.says}")
        )
    if seen.highest > seen.most:
        found.append(failed(f"{seen.highest} replicas were there, the maximum is {seen.most}"))
    return found


def _describe(seen: HpaFigures) -> str:
    if seen.up is None:
        return f"never more than {seen.highest_ready} replicas Ready; {served(seen)}"
    down = "not in time" if seen.down is None else f"after {seen.down:.1f} s"
    return (
        f"{seen.start} replicas grew to {seen.highest} of at most {seen.most}, the first new one Ready after "
        f"{seen.up:.1f} s, back at {seen.least} {down}; {served(seen)}"
    )


def _figures_of(count: Count, start: float) -> dict[str, Any]:
    at = round(count.at - start, 3)
    return {"at": at, "wanted": count.wanted, "running": count.running, "ready": count.ready}
