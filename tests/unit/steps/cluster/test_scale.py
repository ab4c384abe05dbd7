"""Scaling writes its own way back, and is proven by the pods."""

import anyio

from runner.clock import run_virtually
from runner.core.verdict import Outcome
from runner.steps.scale import Scale
from runner.testing import FakeCluster, FakeContext, perform, run_step


def shop() -> FakeContext:
    cluster = FakeCluster()
    cluster.workload("Deployment", "web", 3)
    return FakeContext(cluster)


def test_down_to_zero_is_proven_by_pods_that_are_gone():
    verdict, seen = run_step(Scale(deployment="web", replicas=0), shop())

    assert verdict.reason == "no pod of it is left (after 0.20 s)"
    assert seen.data["before"] == 3


def test_the_way_back_is_the_same_step_with_the_old_number():
    async def there_and_back():
        ctx = shop()
        await perform(Scale(deployment="web", replicas=1), ctx)
        (undo,) = ctx.undos
        verdict, _ = await perform(undo, ctx)
        return undo, verdict, len(await ctx.cluster.list("Pod"))

    undo, verdict, pods = run_virtually(there_and_back())

    assert undo == Scale(deployment="web", replicas=3, namespace="shop")
    assert verdict.outcome is Outcome.PASSED
    assert pods == 3


def test_a_number_that_does_not_change_owes_nothing():
    ctx = shop()

    verdict, _ = run_step(Scale(deployment="web", replicas=3), ctx)

    assert verdict.outcome is Outcome.PASSED
    assert ctx.undos == []


def test_pods_that_never_get_ready_leave_it_unknown():
    ctx = shop()
    ctx.cluster.starting = 3600.0

    verdict, _ = run_step(Scale(deployment="web", replicas=5), ctx)

    assert verdict.outcome is Outcome.UNKNOWN
    assert "it has 5 pods, 3 of them Ready, not 5" in verdict.reason


def test_a_workload_that_is_not_there_is_unknown():
    verdict, _ = run_step(Scale(statefulset="web", replicas=0), shop())

    assert verdict.reason == "matched nothing: no StatefulSet web in namespace shop"


def test_the_pods_are_still_there_while_they_end():
    async def early():
        ctx = shop()
        ctx.cluster.ending = 5.0
        step = Scale(deployment="web", replicas=0)
        struck = await step.strike(ctx)
        first = await step.prove(ctx, struck)
        await anyio.sleep(6)
        return first, await step.prove(ctx, struck)

    first, later = run_virtually(early())

    assert first.reason == "it has 3 pods, 0 of them Ready, not 0"
    assert later.outcome is Outcome.PASSED
