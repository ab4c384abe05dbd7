"""`sql-ledger` against a real PostgreSQL."""

from __future__ import annotations

import asyncio

import anyio
import psycopg
import pytest

from runner.core.verdict import Outcome
from runner.steps.sql_ledger import SqlLedger

ARGS = {"service": "db", "database": "postgres", "user": "app", "password": "secret-word", "rate": 50}


def dsn(server):
    return f"host=127.0.0.1 port={server.port} dbname=postgres user=app password=secret-word"


def table_of(ctx):
    return ctx.undone[0].statements[0].rpartition(" ")[2]


def tamper(server, *statements):
    with psycopg.connect(dsn(server), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


async def drive(ledger, ctx, meanwhile):
    """Start the load, wait until it is ready, let something happen, stop it; the verdict and the figures."""
    stop = anyio.Event()
    task = asyncio.create_task(ledger.drive(ctx, stop))
    await asyncio.wait_for(ctx.ready.wait(), 15)
    await meanwhile()
    stop.set()
    seen = await asyncio.wait_for(task, 60)
    return ledger.judge(seen), dict(seen.data)


@pytest.fixture
def shop(cluster, postgres, make_ctx):
    cluster.pod("db-0", postgres.port)
    cluster.leaders["db"] = "db-0"
    return cluster, postgres, make_ctx(cluster)


def run(ledger, shop, meanwhile):
    cluster, server, ctx = shop

    async def main():
        ctx.ready = asyncio.Event()
        return await drive(ledger, ctx, lambda: meanwhile(cluster, server, ctx))

    return (*asyncio.run(main()), ctx)


async def nothing(cluster, server, ctx):
    await asyncio.sleep(0)


def test_all_writes_are_kept_when_nothing_happens(shop):
    verdict, data, _ = run(SqlLedger(**ARGS), shop, nothing)

    assert verdict.outcome is Outcome.PASSED, verdict
    assert data["kept"] == data["acknowledged"] == data["sent"] >= 50
    assert "no fault struck" in verdict.reason


def test_connecting_slowly_is_not_counted_against_the_database(shop, monkeypatch):
    """On a busy machine the first connection takes longer than the first write is due."""
    from contextlib import asynccontextmanager

    tunnel = shop[0].tunnel

    @asynccontextmanager
    async def slow(*args, **kwargs):
        await asyncio.sleep(0.3)
        async with tunnel(*args, **kwargs) as address:
            yield address

    monkeypatch.setattr(shop[0], "tunnel", slow)
    verdict, data, _ = run(SqlLedger(**ARGS, budget={"failed": 0}), shop, nothing)

    assert verdict.outcome is Outcome.PASSED, verdict
    assert (data["failed"], data["windows"]) == (0, [])


def test_the_way_back_is_owed_before_the_table_is_made_and_drops_it(shop):
    _, _, ctx = run(SqlLedger(**ARGS), shop, nothing)
    table = table_of(ctx)

    asyncio.run(ctx.undone[0].act(ctx))
    asyncio.run(ctx.undone[0].act(ctx))

    with psycopg.connect(dsn(shop[1])) as connection:
        assert connection.execute("select to_regclass(%s)", (table,)).fetchone() == (None,)


def test_an_acknowledged_row_that_is_gone_is_lost(shop):
    async def lose(cluster, server, ctx):
        await asyncio.to_thread(tamper, server, f"delete from {table_of(ctx)} where seq between 5 and 7")

    verdict, data, ctx = run(SqlLedger(**ARGS), shop, lose)

    assert (verdict.outcome, data["lost"]) == (Outcome.FAILED, 3)
    assert "acknowledged writes are gone (first: seq 5" in verdict.reason
    assert ctx.kept["ledger-wrong.txt"].count("\n") == 3


def test_a_row_that_is_there_twice_is_duplicated(shop):
    async def double(cluster, server, ctx):
        table = table_of(ctx)
        await asyncio.to_thread(tamper, server, f"insert into {table} select * from {table} where seq in (3, 4)")

    verdict, data, _ = run(SqlLedger(**ARGS), shop, double)

    assert (verdict.outcome, data["duplicated"], data["lost"]) == (Outcome.FAILED, 2, 0)


def test_a_row_that_nobody_sent_is_a_phantom(shop):
    async def forge(cluster, server, ctx):
        await asyncio.to_thread(tamper, server, f"insert into {table_of(ctx)} values (gen_random_uuid(), 99999)")

    verdict, data, _ = run(SqlLedger(**ARGS), shop, forge)

    assert (verdict.outcome, data["phantom"]) == (Outcome.FAILED, 1)


def test_recovery_time_of_a_killed_server_is_measured_from_outside(shop):
    """The truth is taken by a second client, which sees the first commit after the restart."""
    truth = {}

    async def kill(cluster, server, ctx):
        server.stop(kill=True)
        ctx.blows.append(ctx.now())
        await asyncio.sleep(0.7)
        server.start()
        while "at" not in truth:
            try:
                async with await psycopg.AsyncConnection.connect(dsn(server)):
                    truth["at"] = ctx.now()
            except psycopg.OperationalError:
                await asyncio.sleep(0.005)

    verdict, data, ctx = run(SqlLedger(**ARGS, budget={"rto": "20s"}), shop, kill)

    assert verdict.outcome is Outcome.PASSED, verdict
    true_rto = truth["at"] - ctx.blows[0]
    assert abs(data["rto"] - true_rto) <= data["resolution"] + 0.1, (data["rto"], true_rto, data["resolution"])
    assert data["failed"] > 10
    assert [name for name, _ in ctx.milestones] == ["first error", "first success", "stable"]


def test_a_recovery_that_takes_too_long_is_failed(shop):
    async def kill(cluster, server, ctx):
        server.stop(kill=True)
        ctx.blows.append(ctx.now())
        await asyncio.sleep(0.5)
        server.start()

    verdict, data, _ = run(SqlLedger(**ARGS, budget={"rto": "300ms"}), shop, kill)

    assert verdict.outcome is Outcome.FAILED
    assert "budget 0.3 s" in verdict.reason
    assert data["lost"] == 0


def test_an_api_that_is_away_during_the_outage_proves_nothing(shop):
    async def kill(cluster, server, ctx):
        cluster.api_down = True
        server.stop(kill=True)
        ctx.blows.append(ctx.now())
        server.start()
        await asyncio.sleep(2.0)
        cluster.api_down = False

    verdict, data, _ = run(SqlLedger(**ARGS, budget={"rto": "1s"}), shop, kill)

    assert verdict.outcome is Outcome.UNKNOWN
    assert "blind for" in verdict.reason
    assert data["blind"] > 1


def test_a_wrong_password_is_said_and_proves_nothing(shop):
    ctx = shop[2]
    ledger = SqlLedger(**{**ARGS, "password": "wrong-word"})
    from runner.steps import sql_ledger

    async def main():
        stop = anyio.Event()
        stop.set()
        return await ledger.drive(ctx, stop)

    before, sql_ledger._PREPARE_WITHIN = sql_ledger._PREPARE_WITHIN, 0.3
    try:
        verdict = ledger.judge(asyncio.run(main()))
    finally:
        sql_ledger._PREPARE_WITHIN = before
    assert verdict.outcome is Outcome.UNKNOWN
    assert "password authentication failed" in verdict.reason
    assert "wrong-word" not in verdict.reason


def test_the_leader_is_looked_up_again_when_it_has_moved(shop):
    """Endpoints first lead to a pod that is gone; then to the server."""

    async def move(cluster, server, ctx):
        cluster.leaders["db"] = "db-9"
        cluster.ports["db-9"] = ("127.0.0.1", 1)
        server.stop(kill=True)
        ctx.blows.append(ctx.now())
        server.start()
        server.wait_ready()
        await asyncio.sleep(0.4)
        cluster.leaders["db"] = "db-0"

    verdict, data, _ = run(SqlLedger(**ARGS, budget={"rto": "20s"}), shop, move)

    assert verdict.outcome is Outcome.PASSED, verdict
    assert data["rto"] >= 0.4
