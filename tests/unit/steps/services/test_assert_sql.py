"""`assert-sql` against a real PostgreSQL."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import ValidationError

from runner.core.errors import Unreachable
from runner.core.verdict import Outcome
from runner.steps.assert_sql import AssertSql

LOGIN = {"database": "postgres", "user": "app", "password": "secret-word", "query": "select 6 * 7 as answer"}


@pytest.fixture
def shop(cluster, postgres, make_ctx):
    cluster.pod("db-0", postgres.port, {"app": "db"})
    cluster.pod("db-1", postgres.port, {"app": "db"})
    cluster.leaders["db"] = ["db-0", "db-1"]
    return cluster, postgres, make_ctx(cluster)


def look(shop, **args):
    step = AssertSql.model_validate({**LOGIN, **args})
    seen = asyncio.run(step.look(shop[2]))
    step.Result.model_validate(seen.data)
    return step.judge(seen), seen.data


def test_a_row_is_judged_by_its_value(shop):
    verdict, data = look(shop, service="db", that="object.value == 42 and object.rows[0].answer == 42")

    assert verdict.outcome is Outcome.PASSED, verdict
    assert (data["count"], data["pod"]) == (1, "db-0")


def test_a_wrong_row_says_what_it_was(shop):
    verdict, _ = look(shop, service="db", that="object.value == 41")

    assert (verdict.outcome, "object.value is 42" in verdict.reason) == (Outcome.FAILED, True)


def test_each_pod_of_a_selector_is_asked(shop):
    verdict, data = look(shop, selector="app=db", query="select pg_is_in_recovery()", that="object.value")

    assert verdict.outcome is Outcome.FAILED
    assert "db-0: " in verdict.reason
    assert "db-1: " in verdict.reason
    assert len(data["answers"]) == 2


def test_values_are_plain_data(shop):
    query = "select 1.50::numeric, now(), gen_random_uuid(), array[1,2], '{\"a\":1}'::jsonb, null, %s::text"
    _, data = look(shop, service="db", query=query, params=["x"])

    row = list(data["rows"][0].values())
    assert (row[0], row[3], row[4], row[5], row[6]) == (1.5, [1, 2], {"a": 1}, None, "x")
    assert all(isinstance(one, str) for one in row[1:3])


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ({"service": "db", "password": "wrong"}, "password authentication failed"),
        ({"service": "db", "database": "nothere"}, 'database "nothere" does not exist'),
        ({"service": "db", "query": "select * from nothere"}, 'relation "nothere" does not exist'),
        ({"service": "db", "query": "select pg_sleep(9)", "timeout": "100ms"}, "no answer within 0.1 s"),
        ({"service": "gone"}, "there is no such Service"),
        ({"selector": "app=nobody"}, "matched nothing: no pod has app=nobody in namespace shop"),
        ({"pod": "db-7"}, "not found"),
    ],
)
def test_what_the_server_refuses_is_its_failure(shop, args, reason):
    verdict, _ = look(shop, **args)

    assert (verdict.outcome, reason in verdict.reason) == (Outcome.FAILED, True), verdict


def test_a_server_that_is_down_is_failed_and_an_api_that_is_down_is_unreachable(shop):
    shop[1].stop(kill=True)
    verdict, _ = look(shop, service="db")
    shop[0].api_down = True

    assert verdict.outcome is Outcome.FAILED
    with pytest.raises(Unreachable):
        look(shop, service="db")


def test_a_service_nobody_is_ready_behind_is_failed(shop):
    shop[0].leaders["db"] = []

    assert look(shop, service="db")[0].reason == "nobody is ready behind Service db"


def test_one_way_to_the_server_must_be_named():
    with pytest.raises(ValidationError, match="exactly one"):
        AssertSql.model_validate(LOGIN)
