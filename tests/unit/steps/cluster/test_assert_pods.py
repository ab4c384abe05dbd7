"""Pods are judged by what they are now, and an empty namespace is never green."""

import pytest
from pydantic import ValidationError

from runner.core.verdict import Outcome
from runner.steps.assert_pods import AssertPods
from runner.testing import EPOCH, FakeCluster, FakeContext, run_step, stamp


def shop() -> FakeContext:
    cluster = FakeCluster()
    cluster.workload("Deployment", "web", 2)
    cluster.workload("StatefulSet", "db", 3)
    return FakeContext(cluster)


def crash_looping(ctx: FakeContext, name: str) -> None:
    waiting = {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "restartCount": 4, "name": "main", "ready": False}
    conditions = [{"type": "Ready", "status": "False"}]
    ctx.cluster.change("Pod", name, containerStatuses=[waiting], conditions=conditions)


def test_all_ready_names_the_pod_that_is_not_and_why():
    ctx = shop()
    crash_looping(ctx, "db-1")

    verdict, _ = run_step(AssertPods(ready="all"), ctx)

    assert verdict.outcome is Outcome.FAILED
    assert verdict.reason == "4 of 5 pods are Ready, 5 wanted (db-1: main: CrashLoopBackOff, 4 restarts)"


def test_all_ready_passes_when_they_are():
    verdict, seen = run_step(AssertPods(ready="all"), shop())

    assert verdict.reason == "5 of 5 pods are Ready"
    assert [pod["name"] for pod in seen.data["pods"]] == ["db-0", "db-1", "db-2", "web-0", "web-1"]


@pytest.mark.parametrize(
    ("count", "outcome"),
    [(3, Outcome.PASSED), (2, Outcome.FAILED), ({"min": 2, "max": 3}, Outcome.PASSED), ({"max": 2}, Outcome.FAILED)],
)
def test_the_number_is_exact_or_in_a_range(count, outcome):
    verdict, _ = run_step(AssertPods(selector="app=db", count=count), shop())

    assert verdict.outcome is outcome


def test_nothing_that_matches_is_failed():
    verdict, _ = run_step(AssertPods(selector="app=cache", ready="all"), shop())

    assert verdict.outcome is Outcome.FAILED
    assert verdict.reason == "matched nothing: no pod has app=cache in namespace shop"


def test_nothing_may_be_allowed_and_is_told():
    ctx = shop()
    ctx.allow_empty = True

    verdict, _ = run_step(AssertPods(selector="app=cache", ready="all"), ctx)

    assert verdict.outcome is Outcome.PASSED
    assert "which is allowed" in verdict.reason


def test_an_empty_namespace_is_red_when_workloads_are_expected():
    verdict, _ = run_step(AssertPods(expected="all"), FakeContext())

    assert verdict.outcome is Outcome.FAILED


def test_a_pod_that_was_never_made_is_missed_through_its_workload():
    """Both pods that are there are Ready; the third is not there at all."""
    ctx = shop()
    ctx.cluster.change("StatefulSet", "db", readyReplicas=2, replicas=2, updatedReplicas=2)

    verdict, _ = run_step(AssertPods(expected="all", ready="all"), ctx)

    assert "statefulset/db: 2 of 3 replicas are of the new version" in verdict.reason


@pytest.mark.parametrize("expected", ["all", ["deployment/web"], {"deployment/web": 2}, {"deployment/web": {"min": 1}}])
def test_a_workload_scaled_to_nothing_is_red(expected):
    ctx = shop()
    ctx.cluster.objects["Deployment", "shop", "web"]["spec"]["replicas"] = 0
    ctx.cluster.change("Deployment", "web", readyReplicas=0, replicas=0, updatedReplicas=0)

    verdict, _ = run_step(AssertPods(expected=expected), ctx)

    assert verdict.outcome is Outcome.FAILED


def test_an_expected_workload_that_is_not_there_is_named():
    verdict, _ = run_step(AssertPods(expected=["deployment/web", "deployment/worker"]), shop())

    assert verdict.reason == "deployment/worker: not there"


def test_a_recent_restart_is_red_and_an_old_one_is_not():
    ctx = shop()

    def restarted(age: float) -> str:
        state = {"running": {"startedAt": stamp(EPOCH - age)}}
        ctx.cluster.change("Pod", "web-0", containerStatuses=[{"name": "main", "restartCount": 2, "state": state}])
        return run_step(AssertPods(selector="app=web", no_restart_within="5s"), ctx)[0].reason

    assert restarted(3) == "web-0 restarted 3 s ago (2 times in all)"
    assert restarted(60) == "2 of 2 pods are Ready"


def test_that_is_asked_of_each_pod_and_shows_what_was_there():
    ctx = shop()
    ctx.variables["killed"] = {"pods": [{"name": "web-0"}]}

    verdict, _ = run_step(AssertPods(selector="app=web", that="object.metadata.name != killed.pods[0].name"), ctx)

    assert verdict.reason == (
        "web-0: object.metadata.name != killed.pods[0].name is false"
        " (object.metadata.name is 'web-0', killed.pods[0].name is 'web-0')"
    )


def test_what_is_not_there_yet_does_not_hold():
    verdict, _ = run_step(AssertPods(selector="app=web", that="object.status.hostIP == '1.2.3.4'"), shop())

    assert verdict.outcome is Outcome.FAILED
    assert "hostIP" in verdict.reason


def test_a_text_is_not_true():
    """ "false" is a text that is not empty; it must not pass."""
    verdict, _ = run_step(AssertPods(selector="app=web", that="'false'"), shop())

    assert "neither true nor false" in verdict.reason


def test_a_pod_on_its_way_out_is_left_out_and_counted():
    ctx = shop()
    ctx.cluster.objects["Pod", "shop", "web-0"]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"

    verdict, seen = run_step(AssertPods(selector="app=web", count=1, ready="all"), ctx)

    assert verdict.reason == "1 of 1 pods are Ready, 1 finished or being deleted"
    assert seen.data["left_out"] == 1


def test_an_api_that_does_not_answer_is_unknown():
    ctx = shop()
    ctx.cluster.unreachable = "the Kubernetes API at 127.0.0.1:6443 does not answer: connection refused"

    verdict, _ = run_step(AssertPods(ready="all"), ctx)

    assert verdict.outcome is Outcome.UNKNOWN


def test_asking_nothing_is_bad_input():
    with pytest.raises(ValidationError, match="say what must hold"):
        AssertPods(selector="app=web")


def test_a_misspelt_workload_is_bad_input():
    with pytest.raises(ValidationError, match="deployment/NAME"):
        AssertPods(expected=["deploy/web"])
