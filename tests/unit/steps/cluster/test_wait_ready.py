"""A rollout is complete when nothing of the old is left."""

import pytest

from runner.core.verdict import Outcome
from runner.steps.wait_ready import WaitReady
from runner.testing import FakeCluster, FakeContext, run_step


def shop() -> FakeContext:
    cluster = FakeCluster()
    cluster.workload("Deployment", "web", 2)
    return FakeContext(cluster)


def test_a_complete_namespace_passes():
    assert run_step(WaitReady(), shop())[0].reason == "1 of 1 workloads are complete"


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ({"observedGeneration": 0}, "its controller has not seen the last change yet"),
        ({"updatedReplicas": 1}, "1 of 2 replicas are of the new version"),
        ({"readyReplicas": 1}, "1 of 2 replicas are Ready"),
        ({"replicas": 3}, "1 surplus replicas are still there"),
    ],
)
def test_what_is_missing_is_said(status, why):
    ctx = shop()
    ctx.cluster.change("Deployment", "web", **status)

    verdict, _ = run_step(WaitReady(), ctx)

    assert verdict.outcome is Outcome.FAILED
    assert verdict.reason == f"0 of 1 workloads are complete: deployment/web: {why}"


def test_an_empty_namespace_is_not_ready():
    assert run_step(WaitReady(), FakeContext())[0].outcome is Outcome.FAILED


def test_a_number_can_be_wanted():
    assert run_step(WaitReady(workloads={"deployment/web": 3}), shop())[0].outcome is Outcome.FAILED
