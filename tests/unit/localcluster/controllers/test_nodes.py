"""Nodes that fall silent, are cordoned, tainted or gone."""

import pytest

from localcluster.controllers import clock, node_lifecycle


@pytest.fixture
def impatient(monkeypatch):
    """A node that says nothing for a fifth of a second is Unknown."""
    monkeypatch.setattr(node_lifecycle, "_GRACE", 0.2)
    monkeypatch.setattr(node_lifecycle, "_QUARANTINE", 0.1)


def _taints(world, name: str, *expected: str):
    async def look():
        found = await world.get("nodes", name, None)
        keys = [f"{one['key'].rpartition('/')[2]}:{one['effect']}" for one in found["spec"].get("taints") or ()]
        return keys == list(expected)

    return look


async def _running(world, count: int = 1):
    pods = [pod for pod in await world.pods() if pod.get("status", {}).get("phase") == "Running"]
    return len(pods) == count and pods


def test_a_silent_node_is_unknown_tainted_and_its_pods_are_not_ready(story, deployment, impatient):
    async def play(world):
        await world.apply("deployments.apps", deployment(replicas=1))
        await world.until(lambda: _running(world))
        await world.until(_taints(world, "node-1", "unreachable:NoSchedule", "unreachable:NoExecute"))
        node = await world.get("nodes", "node-1", None)
        assert {one["status"] for one in node["status"]["conditions"]} == {"Unknown"}

        async def unready():
            pods = await world.pods()
            return [one["status"] for one in pods[0]["status"]["conditions"] if one["type"] == "Ready"] == ["False"]

        await world.until(unready)

    story(play, nodes=1)


def test_a_node_that_renews_its_lease_stays_ready(story, impatient):
    async def play(world):
        lease = {"metadata": {"name": "node-1", "namespace": "kube-node-lease"}, "spec": {"renewTime": clock.micro()}}
        await world.client.create("leases.coordination.k8s.io", lease)

        async def renew():
            patch = {"spec": {"renewTime": clock.micro()}}
            await world.client.patch("leases.coordination.k8s.io", "node-1", patch, "kube-node-lease")
            return await _taints(world, "node-1")()

        await world.stays(renew, during=0.6)

    story(play, nodes=1)


def test_a_node_that_speaks_again_loses_its_taints(story, impatient):
    async def play(world):
        await world.until(_taints(world, "node-1", "unreachable:NoSchedule", "unreachable:NoExecute"))
        lease = {"metadata": {"name": "node-1", "namespace": "kube-node-lease"}, "spec": {"renewTime": clock.micro()}}
        await world.client.create("leases.coordination.k8s.io", lease)
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "lastTransitionTime": clock.stamp()}
        await world.client.patch("nodes", "node-1", {"status": {"conditions": [ready]}}, subresource="status")
        await world.until(_taints(world, "node-1"), within=1.0)

    story(play, nodes=1)


def test_a_cordoned_node_is_tainted_as_upstream_does(story):
    async def play(world):
        await world.client.patch("nodes", "node-1", {"spec": {"unschedulable": True}})
        await world.until(_taints(world, "node-1", "unschedulable:NoSchedule"))
        await world.client.patch("nodes", "node-1", {"spec": {"unschedulable": False}})
        await world.until(_taints(world, "node-1"))

    story(play, nodes=1)


def test_pods_leave_a_node_with_a_taint_they_do_not_tolerate(story, deployment):
    async def play(world):
        await world.apply("deployments.apps", deployment(replicas=1))
        pod = (await world.until(lambda: _running(world)))[0]
        taint = {"key": "maintenance", "effect": "NoExecute"}
        await world.client.patch("nodes", pod["spec"]["nodeName"], {"spec": {"taints": [taint]}})

        async def moved():
            pods = await _running(world)
            return (
                pods
                and pods[0]["metadata"]["uid"] != pod["metadata"]["uid"]
                and pods[0]["spec"]["nodeName"] != pod["spec"]["nodeName"]
            )

        await world.until(moved)
        assert await world.events("TaintManagerEviction")

    story(play)


def test_a_pod_stays_as_long_as_it_tolerates_the_taint(story, deployment):
    async def play(world):
        wanted = deployment(replicas=1)
        toleration = {"key": "maintenance", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 1}
        wanted["spec"]["template"]["spec"]["tolerations"] = [toleration]
        await world.apply("deployments.apps", wanted)
        pod = (await world.until(lambda: _running(world)))[0]
        taint = {"key": "maintenance", "effect": "NoExecute"}
        await world.client.patch("nodes", "node-1", {"spec": {"taints": [taint]}})

        async def same():
            return [one["metadata"]["uid"] for one in await world.pods()] == [pod["metadata"]["uid"]]

        await world.stays(same, during=0.5)

        async def gone():
            return not await same()

        await world.until(gone)

    story(play, nodes=1)


def test_pods_of_a_node_that_is_gone_are_removed(story, deployment, impatient):
    async def play(world):
        await world.apply("deployments.apps", deployment(replicas=1))
        pod = (await world.until(lambda: _running(world)))[0]
        await world.client.delete("nodes", "node-1")

        async def homeless():
            pods = await world.pods()
            return pods and pods[0]["metadata"]["uid"] != pod["metadata"]["uid"] and "nodeName" not in pods[0]["spec"]

        await world.until(homeless)

    story(play, nodes=1)
