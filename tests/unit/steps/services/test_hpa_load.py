"""`hpa-load` against a real HTTP server and an autoscaler that is played."""

from __future__ import annotations

import asyncio

import anyio
import pytest
from aiohttp import web

from runner.core.target import Change
from runner.core.verdict import Outcome
from runner.steps.hpa_load import HpaLoad


class Scaler:
    """A Deployment that grows while requests come in, and shrinks when they stop."""

    def __init__(self, cluster, top=5, grows=True, shrinks=True):
        self.cluster, self.top, self.grows, self.shrinks = cluster, top, grows, shrinks
        self.hits = 0
        self.replicas = 3
        self.queue = asyncio.Queue()
        cluster.objects["HorizontalPodAutoscaler", "web-hpa"] = {
            "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"}, "minReplicas": 3, "maxReplicas": 5},
            "status": {
                "desiredReplicas": 3,
                "conditions": [
                    {
                        "type": "ScalingActive",
                        "status": "False",
                        "reason": "FailedGetResourceMetric",
                        "message": "no metrics",
                    }
                ],
            },
        }
        cluster.objects["Deployment", "web"] = self.object()
        cluster.watch = self.watch

    def object(self):
        counts = {"replicas": self.replicas, "readyReplicas": self.replicas}
        return {"metadata": {"name": "web"}, "spec": {"replicas": self.replicas}, "status": counts}

    async def watch(self, kind, selector="", *, namespace=None):
        while True:
            yield Change("MODIFIED", await self.queue.get(), asyncio.get_running_loop().time())

    async def answer(self, request):
        self.hits += 1
        await asyncio.sleep(0.005)
        return web.Response()

    async def control(self):
        before = 0
        while True:
            await asyncio.sleep(0.1)
            busy, before = self.hits > before, self.hits
            wanted = self.top if busy and self.grows else 3 if not busy and self.shrinks else self.replicas
            if wanted != self.replicas:
                self.replicas = wanted
                self.queue.put_nowait(self.object())


@pytest.fixture
def run(cluster, make_ctx):
    def one(scaler=None, **args):
        times = {"up_within": "500ms", "hold": "100ms", "down_within": "600ms"}
        load = HpaLoad.model_validate({"hpa": "web-hpa", "url": "/", "users": 2, **times, **args})

        async def main():
            ctx, stop = make_ctx(cluster), anyio.Event()
            scene = Scaler(cluster, **(scaler or {}))
            app = web.Application()
            app.router.add_get("/", scene.answer)
            runner = web.AppRunner(app, shutdown_timeout=0.01)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            cluster.ingress = f"http://127.0.0.1:{runner.addresses[0][1]}"
            control = asyncio.create_task(scene.control())
            stop.set()
            seen = await load.drive(ctx, stop)
            control.cancel()
            await runner.cleanup()
            return seen

        seen = asyncio.run(main())
        load.Result.model_validate(seen.data)
        return load.judge(seen), dict(seen.data)

    return one


def test_growing_and_shrinking_is_measured(run):
    verdict, data = run(budget={"p95": "300ms", "errors_percent": 0})

    assert verdict.outcome is Outcome.PASSED, verdict
    assert (data["start"], data["highest"], data["most"], data["end"]) == (3, 5, 5, 3)
    assert 0.05 < data["up"] < 0.5
    assert 0.05 < data["down"] < 0.6
    assert data["ok"] > 10


def test_an_autoscaler_that_does_not_act_is_failed_with_its_own_words(run):
    verdict, data = run({"grows": False})

    assert (verdict.outcome, data["up"]) == (Outcome.FAILED, None)
    assert "3 replicas Ready within 0.5 s of load, more than 3 wanted" in verdict.reason
    assert "FailedGetResourceMetric: no metrics" in verdict.reason


def test_replicas_that_stay_are_failed(run):
    verdict, _ = run({"shrinks": False})

    assert (verdict.outcome, "5 replicas 0.6 s after the load, 3 wanted" in verdict.reason) == (Outcome.FAILED, True)


def test_more_than_the_maximum_is_failed(run):
    verdict, _ = run({"top": 6})

    assert (verdict.outcome, "6 replicas were there, the maximum is 5" in verdict.reason) == (Outcome.FAILED, True)


def test_a_slow_answer_is_over_the_budget(run):
    verdict, _ = run(budget={"p95": "1ms"})

    assert (verdict.outcome, "p95" in verdict.reason) == (Outcome.FAILED, True)


def test_requests_that_all_fail_are_failed(run):
    verdict, _ = run({"grows": False}, url="/nothere")

    assert (verdict.outcome, "was answered well: status 404" in verdict.reason) == (Outcome.FAILED, True)


def test_an_autoscaler_that_is_not_there_matched_nothing(run):
    verdict, _ = run(hpa="other")

    assert (verdict.outcome, "matched nothing" in verdict.reason) == (Outcome.FAILED, True)


def test_an_autoscaler_that_is_at_its_maximum_already_proves_nothing(run):
    assert run(above=5)[0].outcome is Outcome.UNKNOWN
