"""`redis-ledger` against three real Redis and three real Sentinels."""

from __future__ import annotations

import asyncio

import anyio
import pytest

from runner.core.verdict import Outcome
from runner.steps.redis_ledger import RedisLedger

ARGS = {"sentinel": {"selector": "app=sentinel"}, "rate": 50}


@pytest.fixture
def shop(cluster, redis_set, make_ctx):
    redis_set.in_cluster(cluster)
    # In `pods` and `sentinel` the port is that of the pods.
    ctx = make_ctx(cluster)
    return cluster, redis_set, ctx


def run(shop, meanwhile, **more):
    _, servers, ctx = shop
    sentinel = {**ARGS["sentinel"], "port": servers.sentinel_port}
    ledger = RedisLedger.model_validate({**ARGS, "sentinel": sentinel, "port": servers.port, **more})

    async def main():
        ctx.ready = asyncio.Event()
        stop = anyio.Event()
        task = asyncio.create_task(ledger.drive(ctx, stop))
        await asyncio.wait_for(ctx.ready.wait(), 15)
        await meanwhile(servers, ctx)
        stop.set()
        return await asyncio.wait_for(task, 60)

    seen = asyncio.run(main())
    return ledger.judge(seen), dict(seen.data)


def key_of(ctx):
    return ctx.undone[0].commands[0][1]


def test_a_failover_under_sentinel_is_measured_and_loses_nothing(shop):
    async def kill(servers, ctx):
        servers.servers["redis-0"].stop(kill=True)
        ctx.blows.append(ctx.now())

    verdict, data = run(shop, kill, budget={"rto": "20s"})

    assert verdict.outcome is Outcome.PASSED, verdict
    assert 0.5 < data["rto"] < 15, data
    assert data["lost"] == 0
    assert shop[1].ask("redis-1", "ROLE")[0] == "master" or shop[1].ask("redis-2", "ROLE")[0] == "master"


def test_tampering_is_seen(shop):
    """One element removed, one doubled, one foreign: each is counted as what it is."""

    async def tamper(servers, ctx):
        rows = await asyncio.to_thread(servers.ask, "redis-0", "LRANGE", key_of(ctx), 0, 1)
        await asyncio.to_thread(servers.ask, "redis-0", "LREM", key_of(ctx), 0, rows[0])
        await asyncio.to_thread(servers.ask, "redis-0", "RPUSH", key_of(ctx), rows[1], "foreign")

    verdict, data = run(shop, tamper)

    assert verdict.outcome is Outcome.FAILED
    assert (data["lost"], data["duplicated"], data["phantom"]) == (1, 1, 1)


def test_the_way_back_removes_the_list(shop):
    async def nothing(servers, ctx):
        assert servers.ask("redis-0", "EXISTS", key_of(ctx)) == 1

    run(shop, nothing)
    _, servers, ctx = shop

    asyncio.run(ctx.undone[0].act(ctx))
    asyncio.run(ctx.undone[0].act(ctx))

    assert servers.ask("redis-0", "EXISTS", key_of(ctx)) == 0


def test_a_write_without_enough_replicas_is_not_acknowledged(shop):
    async def part(servers, ctx):
        ctx.blows.append(ctx.now())
        for name in ("redis-1", "redis-2"):
            servers.servers[name].stop(kill=True)
        await asyncio.sleep(1.5)

    from runner.access import pace

    before, pace._SETTLE = pace._SETTLE, 1.0
    try:
        verdict, data = run(shop, part, timeout="500ms", budget={"rto": "1s"})
    finally:
        pace._SETTLE = before

    assert verdict.outcome is Outcome.FAILED
    assert "not recovered" in verdict.reason
    assert "0 of 1 replicas confirmed it" in [one["error"] for one in data["errors"]]
    assert data["unknown"] > 10
    assert data["unknown_present"] > 10
    assert data["lost"] == data["phantom"] == 0
