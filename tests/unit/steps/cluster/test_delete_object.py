"""The way back from creating something: idempotent, and blind to what is not ours."""

from runner.core.verdict import Outcome
from runner.steps.delete_object import DeleteObject
from runner.testing import FakeCluster, FakeContext, run_step


def shop() -> FakeContext:
    cluster = FakeCluster()
    cluster.add("ConfigMap", "marker", labels={"e2e-run/id": "drill-1"})
    cluster.pod("client", labels={"e2e-run/id": "drill-1"})
    return FakeContext(cluster)


def deletion(**settings) -> DeleteObject:
    return DeleteObject.model_validate({"kind": "ConfigMap", "name": "marker", **settings})


def test_it_is_gone_afterwards():
    ctx = shop()

    verdict, _ = run_step(deletion(run="drill-1"), ctx)

    assert verdict.outcome is Outcome.PASSED
    assert ("ConfigMap", "shop", "marker") not in ctx.cluster.objects


def test_twice_is_as_good_as_once():
    ctx = shop()
    run_step(deletion(), ctx)

    verdict, _ = run_step(deletion(), ctx)

    assert verdict.reason == "ConfigMap marker was not there"


def test_an_object_of_the_same_name_that_is_not_ours_stays():
    ctx = shop()

    verdict, _ = run_step(deletion(run="another-run"), ctx)

    assert verdict.outcome is Outcome.UNKNOWN
    assert ("ConfigMap", "shop", "marker") in ctx.cluster.objects


def test_a_successor_with_another_uid_stays():
    ctx = shop()

    verdict, _ = run_step(deletion(uid="uid-of-the-old-one"), ctx)

    assert verdict.outcome is Outcome.PASSED
    assert ("ConfigMap", "shop", "marker") in ctx.cluster.objects


def test_it_waits_until_a_pod_has_ended():
    ctx = shop()
    ctx.cluster.ending = 7.0

    run_step(DeleteObject.model_validate({"kind": "Pod", "name": "client"}), ctx)

    assert ("Pod", "shop", "client") not in ctx.cluster.objects
