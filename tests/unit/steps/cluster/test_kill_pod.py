"""A kill is what the kubelet says, not what the API says."""

import pytest
from pydantic import ValidationError

from runner.core.target import ApiRefused
from runner.core.verdict import Outcome
from runner.steps.kill_pod import KillPod
from runner.testing import FakeCluster, FakeContext, run_step


def shop() -> FakeContext:
    cluster = FakeCluster()
    cluster.workload("StatefulSet", "db", 3)
    return FakeContext(cluster)


def test_the_first_by_name_dies_and_its_kubelet_says_so():
    ctx = shop()
    before = ctx.cluster.objects["Pod", "shop", "db-0"]["metadata"]["uid"]

    verdict, seen = run_step(KillPod(selector="app=db", grace="0s"), ctx)

    assert verdict.outcome is Outcome.PASSED
    assert "no container of db-0 runs on node-1" in verdict.reason
    assert [(pod["name"], pod["uid"]) for pod in seen.data["pods"]] == [("db-0", before)]
    assert seen.data["pods"][0]["containers"] == [f"fake://{before}"]


def test_the_blow_is_stamped_before_the_deletion():
    ctx = shop()

    run_step(KillPod(selector="app=db", count="all"), ctx)

    assert len(ctx.blows) == 1
    assert sum(call.startswith("delete Pod") for call in ctx.cluster.calls) == 3


def test_a_share_is_rounded_up():
    ctx = shop()

    _, seen = run_step(KillPod(selector="app=db", count="34%"), ctx)

    assert [pod["name"] for pod in seen.data["pods"]] == ["db-0", "db-1"]


def test_a_container_that_still_runs_is_no_proof_although_the_api_has_forgotten_the_pod():
    """With grace 0 the object is gone at once; what runs on the node is another matter."""
    ctx = shop()
    ctx.cluster.ending = 3600.0

    verdict, _ = run_step(KillPod(selector="app=db", grace="0s"), ctx)

    assert verdict.outcome is Outcome.UNKNOWN
    assert "still runs on node-1" in verdict.reason


def test_a_node_that_does_not_answer_leaves_it_unknown():
    ctx = shop()
    ctx.cluster.nodes_away = {"node-1"}

    verdict, _ = run_step(KillPod(selector="app=db", grace="0s"), ctx)

    assert verdict.outcome is Outcome.UNKNOWN
    assert "cannot see what runs on node-1" in verdict.reason


@pytest.mark.parametrize(("grace", "outcome"), [("0s", Outcome.UNKNOWN), ("5s", Outcome.PASSED)])
def test_without_the_right_to_ask_kubelets_only_a_graceful_end_is_believed(grace, outcome):
    ctx = shop()
    ctx.cluster.refuse["read /api/v1/nodes"] = ApiRefused(403, "Forbidden", "nodes/proxy is forbidden")

    verdict, _ = run_step(KillPod(selector="app=db", grace=grace), ctx)

    assert verdict.outcome is outcome


def test_nothing_that_matches_is_unknown_and_says_what_was_sought():
    verdict, _ = run_step(KillPod(selector="app=cache"), shop())

    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.reason == "matched nothing: no pod has app=cache in namespace shop"


def test_more_than_there_are_is_refused_before_any_dies():
    ctx = shop()

    verdict, _ = run_step(KillPod(selector="app=db", count=4), ctx)

    assert "4 pods are to be killed, but only 3 match" in verdict.reason
    assert not any(call.startswith("delete") for call in ctx.cluster.calls)


def test_a_named_pod_that_is_not_there_is_told_by_name():
    verdict, _ = run_step(KillPod(pod=["db-0", "db-9"]), shop())

    assert verdict.reason == "not there: db-9"


def test_a_pod_that_is_already_going_is_no_target():
    ctx = shop()
    ctx.cluster.objects["Pod", "shop", "db-0"]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"

    _, seen = run_step(KillPod(selector="app=db"), ctx)

    assert [pod["name"] for pod in seen.data["pods"]] == ["db-1"]


@pytest.mark.parametrize("settings", [{}, {"selector": "a=b", "count": 0}, {"selector": "a=b", "count": "half"}])
def test_an_aimless_kill_is_bad_input(settings):
    with pytest.raises(ValidationError):
        KillPod(**settings)


def test_a_successor_of_the_same_name_is_never_hit():
    """Between the choice and the blow the pod was replaced: what is there now was not chosen."""
    ctx = shop()

    async def replaced():
        del ctx.cluster.objects["Pod", "shop", "db-0"]
        ctx.cluster.pod("db-0", labels={"app": "db"})

    ctx.blow = replaced

    verdict, _ = run_step(KillPod(selector="app=db"), ctx)

    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.reason == "db-0 was gone before the blow"
    assert ("Pod", "shop", "db-0") in ctx.cluster.objects
