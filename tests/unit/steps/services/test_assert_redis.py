"""`assert-redis` against real Redis and Sentinels."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import ValidationError

from runner.core.verdict import Outcome
from runner.steps.assert_redis import AssertRedis


@pytest.fixture(scope="module")
def redis_set(request):
    """One set for all cases of this file that only look."""
    return request.getfixturevalue("module_redis_set")


@pytest.fixture
def shop(cluster, redis_set, make_ctx):
    redis_set.in_cluster(cluster)
    cluster.pod("lonely", redis_set.port, {"app": "lonely"}, ip="127.0.43.1")
    return cluster, redis_set, make_ctx(cluster)


def look(shop, **args):
    if "sentinel" in args:
        args["sentinel"] = {"port": shop[1].sentinel_port, **args["sentinel"]}
    step = AssertRedis.model_validate({"port": shop[1].port, **args})
    seen = asyncio.run(step.look(shop[2]))
    step.Result.model_validate(seen.data)
    return step.judge(seen), seen.data


def test_sentinels_name_one_master_and_a_replica_has_the_write(shop):
    verdict, data = look(
        shop,
        sentinel={"selector": "app=sentinel"},
        commands=[["set", "drill", 7], ["get", "drill"]],
        wait={"replicas": 2},
        that=['object.replies[1] == "7"', "object.sentinels | length == 3"],
    )

    assert verdict.outcome is Outcome.PASSED, verdict
    assert (data["master"], data["masters"], data["acknowledged"], data["epoch"]) == ("redis-0", ["redis-0"], 2, 0)


def test_each_pod_says_its_role(shop):
    verdict, data = look(shop, pods="app=redis", that="object.masters | length == 1")

    assert verdict.outcome is Outcome.PASSED, verdict
    assert data["roles"] == {"redis-0": "master", "redis-1": "slave", "redis-2": "slave"}
    assert {one["link"] for one in data["answers"]} == {"", "connected"}


def test_too_few_replicas_is_failed(shop):
    verdict, _ = look(
        shop,
        sentinel={"selector": "app=sentinel"},
        commands=[["set", "a", 1]],
        wait={"replicas": 3, "timeout": "100ms"},
    )

    assert (verdict.outcome, "2 of 3 replicas confirmed" in verdict.reason) == (Outcome.FAILED, True)


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ({"pods": "app=nobody"}, "matched nothing"),
        ({"pods": "app=lonely"}, "Redis in lonely: connection refused or closed"),
        ({"pods": "app=redis", "password": "x"}, "AUTH"),
        ({"pods": "app=redis", "commands": [["nonsense"]]}, "unknown command"),
        ({"sentinel": {"selector": "app=sentinel", "master": "other"}}, "No such master"),
    ],
)
def test_what_redis_refuses_is_its_failure(shop, args, reason):
    verdict, _ = look(shop, **args)

    assert (verdict.outcome, reason in verdict.reason) == (Outcome.FAILED, True), verdict


def test_a_master_at_an_address_that_no_pod_has_is_failed(shop):
    """A pod came back with a new address, and the Sentinels still name the old one."""
    cluster = shop[0]
    cluster.objects["Pod", "redis-0"]["status"]["podIP"] = "127.0.44.9"

    verdict, _ = look(shop, sentinel={"selector": "app=sentinel"})

    assert (verdict.outcome, "no pod has that address" in verdict.reason) == (Outcome.FAILED, True)


def test_sentinels_that_name_different_masters_are_told_apart():
    from runner.steps.assert_redis import SentinelAnswer, _disagreement

    views = [
        SentinelAnswer(
            pod=f"s-{n}", master="", address=address, epoch=n, flags=[], quorum=True, sentinels=3, replicas=2
        )
        for n, address in enumerate(["a:1", "a:1", "b:1"])
    ]

    assert _disagreement(views) == ["the Sentinels name 2 masters: s-0 names a:1, s-1 names a:1, s-2 names b:1"]
    assert _disagreement(views[:2]) == []


def test_wait_without_a_write_is_a_mistake():
    with pytest.raises(ValidationError, match="needs `commands`"):
        AssertRedis(pods="a=b", wait={"replicas": 1})


def test_an_announced_name_leads_to_the_pod_by_its_first_label_and_subdomain(cluster):
    from runner.access.not_served import NotServed
    from runner.access.sentinel import pod_of

    cluster.pod("redis-2", 1, subdomain="redis")

    assert asyncio.run(pod_of(cluster, "redis-2.redis.shop.svc.cluster.local", None)) == "redis-2"
    with pytest.raises(NotServed, match="no such pod"):
        asyncio.run(pod_of(cluster, "redis-2.other.shop.svc.cluster.local", None))
