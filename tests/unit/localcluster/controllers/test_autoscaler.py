"""HorizontalPodAutoscalers: what they reckon, how fast they follow, what they say."""

import time
from datetime import timedelta

import pytest

from localcluster import controllers
from localcluster.client import ApiError, Obj
from localcluster.controllers import clock
from localcluster.controllers.autoscaler import autoscaling, behavior
from localcluster.controllers.autoscaler.proposal import Target, propose
from localcluster.controllers.autoscaler.usage import MetricError, Sample

HPA = "horizontalpodautoscalers.autoscaling"
ABOVE = "cpu resource utilization (percentage of request) above target"
HALF = Target("cpu", "", 50, None)


def _pod(
    name: str, *, ready: bool = True, phase: str = "Running", request: str | None = "100m", age: float = 1000.0
) -> Obj:
    resources = {"requests": {"cpu": request}} if request else {}
    then = clock.stamp(clock.now() - timedelta(seconds=age))
    condition = {"type": "Ready", "status": str(ready), "lastTransitionTime": then}
    status = {"phase": phase, "startTime": then, "conditions": [condition]}
    return {
        "metadata": {"name": name},
        "spec": {"containers": [{"name": "main", "resources": resources}]},
        "status": status,
    }


def _samples(**milli: int) -> dict[str, Sample]:
    return {name: Sample(value, clock.now(), 6.0) for name, value in milli.items()}


@pytest.mark.parametrize(
    ("use", "current", "expected"),
    [
        ({"a": 100, "b": 100}, 2, 4),
        ({"a": 50, "b": 50}, 2, 2),
        ({"a": 54, "b": 54}, 2, 2),
        ({"a": 56, "b": 56}, 2, 3),
        ({"a": 20, "b": 20}, 2, 1),
        ({"a": 100, "b": 0}, 2, 2),
        ({"a": 150}, 2, 3),
        ({"a": 10}, 2, 2),
    ],
    ids=[
        "twice",
        "exact",
        "within 10 %",
        "beyond 10 %",
        "down",
        "average",
        "missing counts 0 up",
        "missing counts full down",
    ],
)
def test_the_size_follows_the_ratio(use, current, expected):
    pods = [_pod("a"), _pod("b")]
    assert propose(current, pods, _samples(**use), HALF).replicas == expected


def test_a_pod_that_is_not_ready_counts_as_idle_when_growing():
    pods = [_pod("a"), _pod("b", phase="Pending")]
    assert propose(2, pods, _samples(a=108), HALF).replicas == 2


def test_a_pod_that_just_became_ready_is_measured_later():
    """Its use until now was its start."""
    pods = [_pod("a"), _pod("b", age=2.0)]
    assert propose(2, pods, _samples(a=50, b=900), HALF).replicas == 2


def test_ending_and_failed_pods_are_not_there():
    ending = _pod("b")
    ending["metadata"]["deletionTimestamp"] = clock.stamp()
    assert propose(1, [_pod("a"), ending, _pod("c", phase="Failed")], _samples(a=100, b=900, c=900), HALF).replicas == 2


def test_an_average_value_needs_no_request():
    target = Target("cpu", "", None, 40)
    proposal = propose(1, [_pod("a", request=None)], _samples(a=100), target)
    assert proposal.replicas == 3
    assert proposal.current["resource"]["current"] == {"averageValue": "100m"}


def test_a_utilization_without_request_is_an_error_that_names_the_container():
    with pytest.raises(MetricError, match="missing request for cpu in container main of Pod a"):
        propose(1, [_pod("a", request=None)], _samples(a=100), HALF)


def _autoscaler(**more) -> Obj:
    return {"spec": {"minReplicas": 1, "maxReplicas": 20} | more}


def test_growth_is_limited_to_four_pods_or_double_in_fifteen_seconds():
    memory = behavior.Memory()
    assert behavior.limit(_autoscaler(), memory, 1, 20).replicas == 5
    assert behavior.limit(_autoscaler(), memory, 8, 20).replicas == 16
    memory.changed(1, 5)
    assert behavior.limit(_autoscaler(), memory, 5, 20).replicas == 5


def test_a_policy_of_the_spec_limits_shrinking():
    slow = _autoscaler(behavior={"scaleDown": {"policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}})
    limited = behavior.limit(slow, behavior.Memory(), 6, 1)
    assert (limited.replicas, limited.reason) == (5, "ScaleDownLimit")
    off = _autoscaler(behavior={"scaleDown": {"selectPolicy": "Disabled"}})
    assert behavior.limit(off, behavior.Memory(), 6, 1).replicas == 6


def test_shrinking_waits_for_the_highest_wish_of_the_window(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    memory, autoscaler = behavior.Memory(), _autoscaler()
    assert behavior.stabilize(autoscaler, memory, 5, 5) == 5
    now[0] += 200
    assert behavior.stabilize(autoscaler, memory, 5, 2) == 5
    now[0] += 101
    assert behavior.stabilize(autoscaler, memory, 5, 2) == 2


class Metrics:
    """A metrics API that says what the test wants."""

    def __init__(self, world) -> None:
        self.world = world
        self.cpu: str | None = "10m"

    async def list(self, resource: str, namespace: str, *, label_selector: str = ""):
        if self.cpu is None:
            raise ApiError(503, "ServiceUnavailable", "off")
        found = await self.world.pods(namespace, label_selector)
        moment = clock.stamp(clock.now() + timedelta(seconds=30))
        usage = [{"name": "main", "usage": {"cpu": self.cpu, "memory": "1Mi"}}]
        return [
            {"metadata": pod["metadata"], "timestamp": moment, "window": "2s", "containers": usage} for pod in found
        ], ""


@pytest.fixture
def scaling(story, deployment, monkeypatch):
    """A Deployment of two with an autoscaler of 50 % between 2 and 6, looked at often; tests get the metrics too."""
    monkeypatch.setattr(autoscaling, "_PERIOD", 0.02)
    holder = {}
    original = controllers.run

    def run(client, *, volumes):
        return original(client, volumes=volumes, metrics=holder["metrics"], addons=False)

    monkeypatch.setattr(controllers, "run", run)

    def tell(play, **behavior_) -> None:
        async def whole(world) -> None:
            await world.apply("deployments.apps", deployment(replicas=2))
            target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
            cpu = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}
            spec = {"minReplicas": 2, "maxReplicas": 6, "scaleTargetRef": target}
            spec |= {"metrics": [{"type": "Resource", "resource": cpu}], "behavior": behavior_}
            await world.apply(HPA, {"metadata": {"name": "web", "namespace": "default"}, "spec": spec})
            await play(world, holder["metrics"])

        holder["metrics"] = Metrics(None)
        story(lambda world: _with(holder["metrics"], world, whole))

    return tell


async def _with(metrics, world, play) -> None:
    metrics.world = world
    await play(world)


async def _size(world) -> int:
    return (await world.get("deployments.apps", "web"))["spec"]["replicas"]


def _condition(world, kind: str, reason: str):
    async def look():
        found = (await world.get(HPA, "web")).get("status", {}).get("conditions", ())
        return next((one for one in found if (one["type"], one["reason"]) == (kind, reason)), None)

    return look


def test_load_grows_the_deployment_to_its_maximum_and_back(scaling):
    async def play(world, metrics):
        metrics.cpu = "200m"

        async def full():
            return await _size(world) == 6

        await world.until(full)

        async def told():
            return [one for one in await world.events("SuccessfulRescale") if "New size: 6" in one["message"]]

        rescaled = await world.until(told)
        assert f"New size: 6; reason: {ABOVE}" in [one["message"] for one in rescaled]
        limited = await world.until(_condition(world, "ScalingLimited", "TooManyReplicas"))
        assert limited["status"] == "True"
        metrics.cpu = "1m"

        async def small():
            return await _size(world) == 2

        await world.until(small, within=5)

    scaling(play, scaleDown={"stabilizationWindowSeconds": 1})


def test_an_idle_deployment_is_left_alone(scaling):
    async def play(world, metrics):
        metrics.cpu = "50m"
        await world.until(_condition(world, "ScalingActive", "ValidMetricFound"))

        async def two():
            return await _size(world) == 2

        await world.stays(two)
        status = (await world.get(HPA, "web"))["status"]
        assert status["currentMetrics"][0]["resource"]["current"] == {"averageUtilization": 50, "averageValue": "50m"}
        assert (status["currentReplicas"], status["desiredReplicas"]) == (2, 2)

    scaling(play)


def test_without_metrics_it_says_so_and_keeps_the_size(scaling):
    async def play(world, metrics):
        metrics.cpu = None
        found = await world.until(_condition(world, "ScalingActive", "FailedGetResourceMetric"))
        assert "unable to fetch metrics from resource metrics API" in found["message"]
        assert await world.until(lambda: world.events("FailedGetResourceMetric"))
        assert await _size(world) == 2

    scaling(play)


def test_a_target_beyond_the_bounds_is_brought_back(scaling):
    async def play(world, _):
        for size, expected in ((9, 6), (1, 2)):
            await world.client.patch("deployments.apps", "web", {"spec": {"replicas": size}}, "default")

            async def back(expected=expected):
                return await _size(world) == expected

            await world.until(back)

    scaling(play)


def test_a_target_of_zero_switches_it_off(scaling):
    async def play(world, _):
        await world.client.patch("deployments.apps", "web", {"spec": {"replicas": 0}}, "default")
        await world.until(_condition(world, "ScalingActive", "ScalingDisabled"))
        assert await _size(world) == 0

    scaling(play)
