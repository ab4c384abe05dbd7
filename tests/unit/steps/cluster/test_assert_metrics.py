"""Usage must be there, fresh, and not zero."""

import pytest

from runner.core.target import ApiRefused
from runner.core.verdict import Outcome
from runner.steps.assert_metrics import AssertMetrics
from runner.testing import EPOCH, FakeCluster, FakeContext, run_step, stamp


def shop(*usage: tuple[str, str, str], age: float = 10.0) -> FakeContext:
    cluster = FakeCluster()
    cluster.workload("Deployment", "web", 2)
    for name, cpu, memory in usage:
        containers = [{"name": "main", "usage": {"cpu": cpu, "memory": memory}}]
        cluster.add("PodMetrics", name, timestamp=stamp(EPOCH - age), containers=containers)
    return FakeContext(cluster)


GOOD = (("web-0", "0", "64Mi"), ("web-1", "12500000n", "32Mi"))


def test_every_pod_is_measured():
    verdict, _ = run_step(AssertMetrics(), shop(*GOOD))

    assert verdict.outcome is Outcome.PASSED
    assert verdict.reason == "2 pods use 12 millicores and 96 MiB, oldest figure 10 s old (limit 60s)"


def test_a_pod_without_usage_is_named():
    verdict, _ = run_step(AssertMetrics(), shop(GOOD[0]))

    assert verdict.outcome is Outcome.FAILED
    assert "no usage of web-1" in verdict.reason


@pytest.mark.parametrize(
    ("usage", "age", "reason"),
    [
        (GOOD, 61.0, "measured 61 s ago"),
        ((("web-0", "1m", "0"), GOOD[1]), 10.0, "web-0: uses no memory"),
        ((("web-0", "0", "1Mi"), ("web-1", "0", "1Mi")), 10.0, "2 use no CPU at all"),
    ],
)
def test_old_or_empty_figures_are_red(usage, age, reason):
    verdict, _ = run_step(AssertMetrics(), shop(*usage, age=age))

    assert verdict.outcome is Outcome.FAILED
    assert reason in verdict.reason


def test_a_metrics_api_that_is_off_is_red():
    ctx = shop()
    ctx.cluster.refuse["list PodMetrics"] = ApiRefused(503, "ServiceUnavailable", "the server is currently unable")

    verdict, _ = run_step(AssertMetrics(), ctx)

    assert verdict.outcome is Outcome.FAILED
    assert verdict.reason == "the metrics API answers 503: the server is currently unable"


def test_nodes_can_be_asked():
    ctx = FakeContext()
    ctx.cluster.add("Node", "node-1")
    ctx.cluster.add("NodeMetrics", "node-1", timestamp=stamp(EPOCH - 5), usage={"cpu": "250m", "memory": "1Gi"})

    verdict, _ = run_step(AssertMetrics(nodes=True), ctx)

    assert verdict.reason == "1 nodes use 250 millicores and 1024 MiB, oldest figure 5 s old (limit 60s)"


def test_no_pod_at_all_is_red():
    assert run_step(AssertMetrics(), FakeContext())[0].outcome is Outcome.FAILED
