"""DaemonSets."""

from localcluster.client import Obj


def _daemonset(**spec) -> Obj:
    container = {"name": "main", "image": "busybox"}
    template = {"metadata": {"labels": {"app": "agent"}}, "spec": {"containers": [container]}}
    whole = {"selector": {"matchLabels": {"app": "agent"}}, "template": template} | spec
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": "agent", "namespace": "default"},
        "spec": whole,
    }


async def _nodes(world) -> list[str]:
    return sorted(pod["spec"].get("nodeName", "") for pod in await world.pods())


async def _all(world, *names: str) -> bool:
    status = (await world.get("daemonsets.apps", "agent")).get("status", {})
    return await _nodes(world) == list(names) and status.get("numberAvailable", 0) == len(names)


def test_every_node_has_one_and_a_new_node_gets_one(story):
    async def play(world):
        await world.apply("daemonsets.apps", _daemonset())
        await world.until(lambda: _all(world, "node-1", "node-2", "node-3"))
        await world.node("node-4")
        await world.until(lambda: _all(world, "node-1", "node-2", "node-3", "node-4"))

    story(play)


def test_a_cordoned_node_keeps_its_pod_and_gets_a_new_one(story):
    async def play(world):
        await world.client.patch("nodes", "node-2", {"spec": {"unschedulable": True}})
        await world.apply("daemonsets.apps", _daemonset())
        await world.until(lambda: _all(world, "node-1", "node-2", "node-3"))

    story(play)


def test_a_node_selector_and_taints_choose_the_nodes(story):
    async def play(world):
        taint = {"key": "gpu", "effect": "NoSchedule"}
        await world.client.patch("nodes", "node-1", {"spec": {"taints": [taint]}})
        await world.client.patch("nodes", "node-2", {"metadata": {"labels": {"disk": "ssd"}}})
        await world.client.patch("nodes", "node-1", {"metadata": {"labels": {"disk": "ssd"}}})
        chosen = _daemonset()
        chosen["spec"]["template"]["spec"]["nodeSelector"] = {"disk": "ssd"}
        await world.apply("daemonsets.apps", chosen)
        await world.until(lambda: _all(world, "node-2"))
        await world.client.patch("nodes", "node-2", {"metadata": {"labels": {"disk": None}}})
        await world.until(lambda: _all(world))

    story(play)


def test_an_update_replaces_one_pod_at_a_time(story):
    async def play(world):
        await world.apply("daemonsets.apps", _daemonset())
        await world.until(lambda: _all(world, "node-1", "node-2", "node-3"))
        change = {"spec": {"template": {"spec": {"containers": [{"name": "main", "image": "busybox:2"}]}}}}
        await world.client.patch("daemonsets.apps", "agent", change, "default")

        async def rolled():
            pods = await world.pods()
            ready = [
                pod
                for pod in pods
                if "deletionTimestamp" not in pod["metadata"] and pod.get("status", {}).get("phase") == "Running"
            ]
            assert len(ready) >= 2
            status = (await world.get("daemonsets.apps", "agent"))["status"]
            new = all(pod["spec"]["containers"][0]["image"] == "busybox:2" for pod in pods)
            return new and status.get("updatedNumberScheduled") == 3 and await _all(world, "node-1", "node-2", "node-3")

        await world.until(rolled)

    story(play)
