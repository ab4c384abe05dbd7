"""Where pods go, and what is said when they cannot go anywhere."""

from collections import Counter

import pytest

from localcluster.client import Obj


def _pod(name: str, **spec) -> Obj:
    resources = {"requests": {"cpu": spec.pop("cpu", "10m"), "memory": "1Mi"}}
    labels = spec.pop("labels", {"app": "x"})
    meta = {"name": name, "namespace": "default", "labels": labels}
    whole = {"containers": [{"name": "main", "image": "busybox", "resources": resources}]} | spec
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": whole}


def _placed(world, name: str):
    async def look():
        return (await world.get("pods", name))["spec"].get("nodeName")

    return look


def _refused(world, name: str):
    async def look():
        status = (await world.get("pods", name)).get("status", {})
        found = next((one for one in status.get("conditions", ()) if one["type"] == "PodScheduled"), {})
        return found.get("reason") == "Unschedulable" and found["message"]

    return look


def _affinity(key: str, *values: str) -> Obj:
    term = {"matchExpressions": [{"key": key, "operator": "In", "values": list(values)}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}


def _apart(kind: str = "requiredDuringSchedulingIgnoredDuringExecution") -> Obj:
    term = {"labelSelector": {"matchLabels": {"app": "x"}}, "topologyKey": "kubernetes.io/hostname"}
    return {
        "podAntiAffinity": {kind: [term if kind.startswith("required") else {"weight": 1, "podAffinityTerm": term}]}
    }


@pytest.mark.parametrize(
    "spec",
    [
        {"nodeSelector": {"kubernetes.io/hostname": "node-2"}},
        {"affinity": _affinity("kubernetes.io/hostname", "node-2")},
    ],
    ids=["nodeSelector", "nodeAffinity"],
)
def test_a_pod_goes_to_the_node_it_asks_for(story, spec):
    async def play(world):
        await world.apply("pods", _pod("a", **spec))
        assert await world.until(_placed(world, "a")) == "node-2"

    story(play)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (
            {"nodeSelector": {"disk": "ssd"}},
            "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.",
        ),
        ({"cpu": "9"}, "0/3 nodes are available: 3 Insufficient cpu."),
    ],
)
def test_a_pod_that_fits_nowhere_says_why(story, spec, message):
    async def play(world):
        await world.apply("pods", _pod("a", **spec))
        assert await world.until(_refused(world, "a")) == message
        events = await world.until(lambda: world.events("FailedScheduling"))
        assert events[0]["message"] == message

    story(play)


def test_reasons_are_counted_and_cordoned_nodes_are_named(story):
    async def play(world):
        await world.client.patch("nodes", "node-1", {"spec": {"unschedulable": True}})
        await world.client.patch(
            "nodes", "node-2", {"spec": {"taints": [{"key": "a", "value": "b", "effect": "NoSchedule"}]}}
        )
        await world.apply("pods", _pod("a", cpu="9"))
        message = await world.until(_refused(world, "a"))
        assert message.startswith("0/3 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {a: b}")
        assert message.endswith(", 1 node(s) were unschedulable.")

    story(play)


def test_a_pod_is_placed_as_soon_as_its_obstacle_goes(story):
    async def play(world):
        await world.client.patch("nodes", "node-1", {"spec": {"unschedulable": True}})
        await world.apply("pods", _pod("a"))
        await world.until(_refused(world, "a"))
        await world.client.patch("nodes", "node-1", {"spec": {"unschedulable": None}})
        assert await world.until(_placed(world, "a"), within=1.5) == "node-1"

    story(play, nodes=1)


def test_a_pod_that_had_to_wait_is_scheduled_in_its_conditions_too(story):
    async def play(world):
        world.silent.add("node-1")
        await world.client.patch("nodes", "node-1", {"spec": {"unschedulable": True}})
        await world.apply("pods", _pod("a"))
        await world.until(_refused(world, "a"))
        await world.client.patch("nodes", "node-1", {"spec": {"unschedulable": None}})
        await world.until(_placed(world, "a"))
        conditions = (await world.get("pods", "a"))["status"]["conditions"]
        assert [(one["type"], one["status"]) for one in conditions] == [("PodScheduled", "True")]

    story(play, nodes=1)


def test_a_pod_is_placed_when_another_makes_room(story):
    async def play(world):
        await world.apply("pods", _pod("big", cpu="3"))
        await world.until(_placed(world, "big"))
        await world.apply("pods", _pod("second", cpu="3"))
        await world.until(_refused(world, "second"))
        await world.client.delete("pods", "big", "default", grace=0)
        await world.until(_placed(world, "second"), within=1.5)

    story(play, nodes=1)


def test_required_anti_affinity_leaves_the_fourth_pod_without_a_node(story):
    async def play(world):
        for name in "abcd":
            await world.apply("pods", _pod(name, affinity=_apart()))
        assert (
            await world.until(_refused(world, "d"))
            == "0/3 nodes are available: 3 node(s) didn't match pod anti-affinity rules."
        )
        assert len({(await world.get("pods", name))["spec"]["nodeName"] for name in "abc"}) == 3

    story(play)


def test_preferred_anti_affinity_spreads_as_long_as_it_can(story):
    async def play(world):
        for name in "abcd":
            await world.apply("pods", _pod(name, affinity=_apart("preferredDuringSchedulingIgnoredDuringExecution")))
            await world.until(_placed(world, name))
        count = Counter(pod["spec"]["nodeName"] for pod in await world.pods())
        assert sorted(count.values()) == [1, 1, 2]

    story(play)


def test_topology_spread_keeps_the_skew(story):
    async def play(world):
        rule = {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "DoNotSchedule",
            "labelSelector": {"matchLabels": {"app": "x"}},
        }
        await world.client.patch("nodes", "node-3", {"spec": {"unschedulable": True}})
        for name in "abc":
            await world.apply("pods", _pod(name, topologySpreadConstraints=[rule]))
        expected = "2 node(s) didn't match pod topology spread constraints"
        assert expected in await world.until(_refused(world, "c"))

    story(play)


def test_a_toleration_lets_a_pod_onto_a_tainted_node(story):
    async def play(world):
        await world.client.patch(
            "nodes", "node-1", {"spec": {"taints": [{"key": "a", "value": "b", "effect": "NoSchedule"}]}}
        )
        await world.apply("pods", _pod("a", tolerations=[{"key": "a", "operator": "Equal", "value": "b"}]))
        assert await world.until(_placed(world, "a")) == "node-1"

    story(play, nodes=1)


def test_a_missing_claim_is_named(story):
    async def play(world):
        volume = {"name": "v", "persistentVolumeClaim": {"claimName": "none"}}
        await world.apply("pods", _pod("a", volumes=[volume]))
        assert 'persistentvolumeclaim "none" not found' in await world.until(_refused(world, "a"))

    story(play)


def test_a_bound_pod_is_told_with_its_node(story):
    async def play(world):
        await world.apply("pods", _pod("a"))
        events = await world.until(lambda: world.events("Scheduled"))
        assert events[0]["message"] == f"Successfully assigned default/a to {await _placed(world, 'a')()}"

    story(play)
