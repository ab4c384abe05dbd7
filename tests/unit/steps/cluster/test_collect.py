"""Evidence: what there is, without secrets, and a note about what could not be had."""

from runner.core.verdict import Outcome
from runner.steps.collect import Collect
from runner.testing import FakeCluster, FakeContext, run_step


def shop() -> FakeContext:
    cluster = FakeCluster()
    cluster.workload("Deployment", "web", 1)
    cluster.add("Node", "node-1", spec={}, status={"conditions": [{"type": "Ready", "status": "True"}]})
    cluster.add(
        "Event",
        "e1",
        type="Warning",
        reason="BackOff",
        message="restarting",
        count=3,
        lastTimestamp="2026-01-01T00:00:00Z",
        involvedObject={"kind": "Pod", "name": "web-0"},
    )
    return FakeContext(cluster)


def test_logs_events_and_descriptions_are_kept():
    ctx = shop()
    ctx.cluster.log("web-0", "one\ntwo\nthree")

    verdict, seen = run_step(Collect(selector="app=web", logs=2), ctx)

    assert verdict.reason == "kept 4 files about 1 pods"
    assert ctx.kept["web-0-main.log"] == "two\nthree"
    assert "Warning BackOff Pod/web-0: restarting (x3)" in ctx.kept["events.txt"]
    assert "deployment/web: complete, 1 Ready" in ctx.kept["overview.txt"]
    assert "node/node-1: Ready=True" in ctx.kept["overview.txt"]
    assert seen.data["files"] == [f"evidence/{name}" for name in ctx.kept]


def test_the_log_before_a_restart_is_kept_too():
    ctx = shop()
    ctx.cluster.change("Pod", "web-0", containerStatuses=[{"name": "main", "restartCount": 1}])
    ctx.cluster.log("web-0", "after")
    ctx.cluster.log("web-0", "before", previous=True)

    run_step(Collect(selector="app=web"), ctx)

    assert ctx.kept["web-0-main-previous.log"] == "before"


def test_what_cannot_be_had_is_noted_and_no_error():
    verdict, seen = run_step(Collect(selector="app=web"), shop())

    assert verdict.outcome is Outcome.PASSED
    assert seen.data["missing"] == ["web-0-main.log: no log of web-0"]


def test_a_password_in_a_pods_environment_is_not_kept():
    ctx = shop()
    env = [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "DB_HOST", "value": "db"}]
    ctx.cluster.objects["Pod", "shop", "web-0"]["spec"]["containers"][0]["env"] = env

    run_step(Collect(selector="app=web"), ctx)

    assert "hunter2" not in ctx.kept["web-0.yaml"]
    assert "value: db" in ctx.kept["web-0.yaml"]
