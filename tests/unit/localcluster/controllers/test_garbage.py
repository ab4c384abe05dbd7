"""What goes when its owner goes, and what a namespace takes along."""

import pytest

from localcluster.client import Obj


async def _running(world) -> bool:
    pods = await world.pods()
    return len(pods) == 3 and all(pod.get("status", {}).get("phase") == "Running" for pod in pods)


async def _nothing_left(world) -> bool:
    sets, _ = await world.client.list("replicasets.apps", "default")
    return not sets and not await world.pods() and await world.get("deployments.apps", "web") is None


@pytest.mark.parametrize("propagation", [None, "Background", "Foreground"])
def test_pods_and_replicasets_go_with_their_deployment(story, deployment, propagation):
    async def play(world):
        await world.apply("deployments.apps", deployment())
        await world.until(lambda: _running(world))
        await world.client.delete("deployments.apps", "web", "default", propagation=propagation)
        await world.until(lambda: _nothing_left(world))

    story(play)


def test_a_foreground_deletion_ends_with_the_owner(story, deployment):
    async def play(world):
        slow = deployment()
        slow["spec"]["template"]["metadata"]["annotations"] = {"test/stay": "yes"}
        await world.apply("deployments.apps", slow)
        await world.until(lambda: _running(world))
        await world.client.delete("deployments.apps", "web", "default", propagation="Foreground")

        async def waits():
            return await world.get("deployments.apps", "web") is not None and len(await world.pods()) == 3

        await world.stays(waits)
        for pod in await world.pods():
            await world.client.delete("pods", pod["metadata"]["name"], "default", grace=0)
        await world.until(lambda: _nothing_left(world))

    story(play)


def test_orphans_stay_and_are_adopted_again(story, deployment):
    async def play(world):
        await world.apply("deployments.apps", deployment())
        await world.until(lambda: _running(world))
        before = {pod["metadata"]["uid"] for pod in await world.pods()}
        await world.client.delete("deployments.apps", "web", "default", propagation="Orphan")

        async def free():
            sets, _ = await world.client.list("replicasets.apps", "default")
            return await world.get("deployments.apps", "web") is None and not sets[0]["metadata"].get("ownerReferences")

        await world.until(free)
        await world.apply("deployments.apps", deployment())

        async def adopted():
            sets, _ = await world.client.list("replicasets.apps", "default")
            return len(sets) == 1 and sets[0]["metadata"].get("ownerReferences")

        await world.until(adopted)
        assert {pod["metadata"]["uid"] for pod in await world.pods()} == before

    story(play)


def _map(name: str, *owners: Obj) -> Obj:
    references = [{"apiVersion": "v1", "kind": "ConfigMap", **owner} for owner in owners]
    meta = {"name": name, "namespace": "default", "ownerReferences": references}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}


def test_an_object_whose_owner_never_was_is_collected(story):
    async def play(world):
        await world.apply("configmaps", _map("child", {"name": "nobody", "uid": "1-2-3"}))

        async def gone():
            return await world.get("configmaps", "child") is None

        await world.until(gone)

    story(play)


def test_an_owner_of_the_same_name_is_another_owner(story):
    async def play(world):
        await world.apply("configmaps", _map("parent"))
        await world.apply("configmaps", _map("child", {"name": "parent", "uid": "1-2-3"}))

        async def gone():
            return await world.get("configmaps", "child") is None

        await world.until(gone)

    story(play)


def test_an_object_stays_as_long_as_one_owner_does(story):
    async def play(world):
        owners = []
        for name in ("one", "two"):
            owner = await world.apply("configmaps", _map(name))
            owners.append({"name": name, "uid": owner["metadata"]["uid"]})
        await world.apply("configmaps", _map("child", *owners))
        await world.client.delete("configmaps", "one", "default")

        async def one_owner():
            found = await world.get("configmaps", "child")
            return [one["name"] for one in found["metadata"]["ownerReferences"]] == ["two"]

        await world.until(one_owner)
        await world.client.delete("configmaps", "two", "default")

        async def gone():
            return await world.get("configmaps", "child") is None

        await world.until(gone)

    story(play)


def test_a_namespace_is_emptied_before_it_goes(story, deployment):
    async def play(world):
        await world.client.create("namespaces", {"metadata": {"name": "shop"}})
        wanted = deployment()
        wanted["metadata"]["namespace"] = "shop"
        await world.apply("deployments.apps", wanted)

        async def running():
            return len(await world.pods("shop")) == 3

        await world.until(running)
        await world.client.delete("namespaces", "shop")

        async def gone():
            return await world.get("namespaces", "shop", None) is None

        await world.until(gone)
        for resource in ("pods", "deployments.apps", "replicasets.apps", "configmaps", "serviceaccounts", "events"):
            assert (await world.client.list(resource, "shop"))[0] == []

    story(play)


def test_a_namespace_gets_its_account_and_authority_back(story):
    async def play(world):
        await world.until(lambda: world.get("serviceaccounts", "default"))
        await world.client.delete("serviceaccounts", "default", "default")
        await world.client.delete("configmaps", "kube-root-ca.crt", "default")

        async def back():
            bundle = await world.get("configmaps", "kube-root-ca.crt")
            return bundle and bundle["data"] == {"ca.crt": "PEM"} and await world.get("serviceaccounts", "default")

        await world.until(back)

    story(play)
