"""`http-meter` against a real HTTP server on loopback that goes away and comes back."""

from __future__ import annotations

import asyncio

import anyio
import pytest
from aiohttp import web

from runner.core.verdict import Outcome
from runner.steps.http_meter import HttpMeter


class Site:
    """A server that can be told to answer badly, slowly, or not to be there."""

    def __init__(self):
        self.status = 200
        self.delay = 0.0
        self.port = 0

    async def answer(self, request):
        await asyncio.sleep(self.delay)
        return web.Response(status=self.status)

    async def open(self):
        app = web.Application()
        app.router.add_get("/{path:.*}", self.answer)
        self.runner = web.AppRunner(app, shutdown_timeout=0.01)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", self.port, reuse_address=True).start()
        self.port = self.runner.addresses[0][1]

    async def close(self):
        await self.runner.cleanup()


@pytest.fixture
def run(cluster, make_ctx):
    def one(meanwhile, **args):
        meter = HttpMeter.model_validate({"url": "/", "rate": 50, **args})

        async def main():
            ctx, site, stop = make_ctx(cluster), Site(), anyio.Event()
            await site.open()
            cluster.ingress = f"http://127.0.0.1:{site.port}"
            task = asyncio.create_task(meter.drive(ctx, stop))
            await asyncio.wait_for(ctx.ready.wait(), 10)
            await meanwhile(site, ctx)
            stop.set()
            seen = await asyncio.wait_for(task, 30)
            await site.close()
            return seen

        seen = asyncio.run(main())
        return meter.judge(seen), dict(seen.data)

    return one


def test_an_outage_is_measured_with_its_resolution(run):
    async def away(site, ctx):
        ctx.blows.append(ctx.now())
        await site.close()
        await asyncio.sleep(0.5)
        await site.open()

    verdict, data = run(away, budget={"rto": "2s", "errors_percent": 50})

    assert verdict.outcome is Outcome.PASSED, verdict
    assert 0.45 < data["rto"] < 0.75
    assert data["resolution"] == pytest.approx(0.02, abs=0.01)


def test_bad_statuses_are_failures_and_are_named(run):
    async def bad(site, ctx):
        ctx.blows.append(ctx.now())
        site.status = 503
        await asyncio.sleep(0.4)
        site.status = 200

    verdict, data = run(bad, budget={"failed": 5})

    assert verdict.outcome is Outcome.FAILED
    assert "status 503" in verdict.reason
    assert 15 <= data["failed"] <= 25


def test_a_stall_shows_in_the_percentiles_because_requests_go_on(run):
    """A closed loop would have seen one slow request; the open model sees all that were due."""

    async def stall(site, ctx):
        site.delay = 0.4
        await asyncio.sleep(0.5)
        site.delay = 0.0

    verdict, data = run(stall, budget={"p95": "200ms"})

    assert (verdict.outcome, "p95" in verdict.reason) == (Outcome.FAILED, True)
    assert data["failed"] == 0
    assert data["sent"] >= 70


def test_a_fault_that_nobody_felt_is_no_outage_seen(run):
    async def nothing(site, ctx):
        ctx.blows.append(ctx.now())

    verdict, data = run(nothing, budget={"rto": "1s"})

    assert (verdict.outcome, data["rto"]) == (Outcome.PASSED, None)
    assert verdict.reason.startswith("no outage seen, resolution 0.02")


def test_an_api_that_is_as_unreachable_as_the_service_proves_nothing(run, cluster):
    async def cut(site, ctx):
        ctx.blows.append(ctx.now())
        cluster.api_down = True
        await site.close()
        await asyncio.sleep(2.5)
        await site.open()
        cluster.api_down = False

    verdict, data = run(cut, budget={"rto": "1s"})

    assert verdict.outcome is Outcome.UNKNOWN, verdict
    assert data["blind"] > 1
