"""StatefulSets."""

import pytest

from localcluster.client import Obj


def _ready(pod: Obj) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    alive = "deletionTimestamp" not in pod["metadata"]
    return alive and any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def _image(pod: Obj) -> str:
    return pod["spec"]["containers"][0]["image"]


def _changed(image: str) -> Obj:
    requests = {"cpu": "100m", "memory": "16Mi"}
    container = {"name": "main", "image": image, "imagePullPolicy": "Always", "resources": {"requests": requests}}
    return {"spec": {"template": {"spec": {"containers": [container]}}}}


async def _complete(world, replicas: int = 3):
    found = await world.get("statefulsets.apps", "db")
    status = found["status"]
    counts = [status.get(key, 0) for key in ("replicas", "readyReplicas", "updatedReplicas")]
    return found if counts == [replicas] * 3 and status["currentRevision"] == status["updateRevision"] else None


async def _by_name(world) -> dict[str, Obj]:
    return {pod["metadata"]["name"]: pod for pod in await world.pods()}


def test_pods_come_one_after_the_other_each_when_the_last_is_ready(story, statefulset):
    async def play(world):
        await world.apply("statefulsets.apps", statefulset())

        async def grown():
            names = sorted(await _by_name(world))
            assert names == [f"db-{n}" for n in range(len(names))]
            assert all(_ready(pod) for name, pod in (await _by_name(world)).items() if name != names[-1])
            return len(names) == 3

        await world.until(grown)

    story(play)


def test_ordered_pods_wait_for_one_that_is_not_ready(story, statefulset):
    async def play(world):
        held = statefulset()
        held["spec"]["template"]["metadata"]["annotations"] = {"test/hold": "yes"}
        await world.apply("statefulsets.apps", held)
        await world.until(world.pods)

        async def alone():
            return list(await _by_name(world)) == ["db-0"]

        await world.stays(alone)

    story(play)


def test_parallel_pods_come_at_once_though_none_is_ready(story, statefulset):
    async def play(world):
        held = statefulset(podManagementPolicy="Parallel")
        held["spec"]["template"]["metadata"]["annotations"] = {"test/hold": "yes"}
        await world.apply("statefulsets.apps", held)

        async def there():
            return sorted(await _by_name(world)) == ["db-0", "db-1", "db-2"]

        await world.until(there)

    story(play)


def test_a_pod_knows_its_number_its_service_and_its_revision(story, statefulset):
    async def play(world):
        await world.apply("statefulsets.apps", statefulset(replicas=2))
        await world.until(lambda: _complete(world, 2))
        pod = (await _by_name(world))["db-1"]
        labels = pod["metadata"]["labels"]
        assert labels["statefulset.kubernetes.io/pod-name"] == "db-1"
        assert labels["apps.kubernetes.io/pod-index"] == "1"
        found = await world.get("statefulsets.apps", "db")
        assert labels["controller-revision-hash"] == found["status"]["updateRevision"]
        assert (pod["spec"]["hostname"], pod["spec"]["subdomain"]) == ("db-1", "db")

    story(play)


def test_a_killed_pod_comes_back_with_its_name_and_its_claim(story, statefulset):
    async def play(world):
        claim = {
            "metadata": {"name": "data"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
        }
        await world.apply("statefulsets.apps", statefulset(volumeClaimTemplates=[claim]))
        await world.until(lambda: _complete(world))
        before = (await _by_name(world))["db-1"]
        volume = (await world.get("persistentvolumeclaims", "data-db-1"))["spec"]["volumeName"]
        await world.client.delete("pods", "db-1", "default", grace=0)

        async def back():
            pod = (await _by_name(world)).get("db-1")
            return pod and _ready(pod) and pod["metadata"]["uid"] != before["metadata"]["uid"] and pod

        pod = await world.until(back)
        assert pod["spec"]["nodeName"] == before["spec"]["nodeName"]  # where its volume is
        assert (await world.get("persistentvolumeclaims", "data-db-1"))["spec"]["volumeName"] == volume

    story(play)


def test_a_name_is_not_given_again_while_its_pod_is_still_ending(story, statefulset):
    async def play(world):
        slow = statefulset()
        slow["spec"]["template"]["metadata"]["annotations"] = {"test/stay": "yes"}
        await world.apply("statefulsets.apps", slow)
        await world.until(lambda: _complete(world))
        uid = (await _by_name(world))["db-1"]["metadata"]["uid"]
        await world.client.delete("pods", "db-1", "default")

        async def unchanged():
            return (await _by_name(world))["db-1"]["metadata"]["uid"] == uid

        await world.stays(unchanged)

    story(play)


def test_an_update_goes_from_the_highest_number_down_one_by_one(story, statefulset):
    async def play(world):
        await world.apply("statefulsets.apps", statefulset())
        await world.until(lambda: _complete(world))
        await world.client.patch("statefulsets.apps", "db", _changed("busybox:2"), "default")

        async def rolled():
            pods = await _by_name(world)
            new = [name for name, pod in sorted(pods.items()) if _image(pod) == "busybox:2"]
            assert new == [f"db-{n}" for n in range(3 - len(new), 3)]
            assert sum(_ready(pod) for pod in pods.values()) >= 2
            return len(new) == 3 and await _complete(world)

        await world.until(rolled)
        revisions, _ = await world.client.list("controllerrevisions.apps", "default")
        assert sorted(one["revision"] for one in revisions) == [1, 2]

    story(play)


@pytest.mark.parametrize("policy", ["OrderedReady", "Parallel"])
def test_an_update_stops_at_a_pod_that_does_not_become_ready(story, statefulset, policy):
    async def play(world):
        await world.apply("statefulsets.apps", statefulset(podManagementPolicy=policy))
        await world.until(lambda: _complete(world))
        held = _changed("busybox:2")
        held["spec"]["template"]["metadata"] = {"annotations": {"test/hold": "yes"}}
        await world.client.patch("statefulsets.apps", "db", held, "default")

        async def one_new():
            pods = await _by_name(world)
            return len(pods) == 3 and [name for name in pods if _image(pods[name]) == "busybox:2"] == ["db-2"]

        await world.until(one_new)
        await world.stays(one_new)

    story(play)


def test_a_partition_holds_the_lower_numbers_back_even_when_they_are_killed(story, statefulset):
    async def play(world):
        strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}
        await world.apply("statefulsets.apps", statefulset(updateStrategy=strategy))
        await world.until(lambda: _complete(world))
        await world.client.patch("statefulsets.apps", "db", _changed("busybox:2"), "default")

        async def images():
            pods = await _by_name(world)
            return [_image(pods[name]) for name in sorted(pods) if _ready(pods[name])]

        async def partly():
            return await images() == ["busybox", "busybox", "busybox:2"]

        await world.until(partly)
        await world.client.delete("pods", "db-0", "default", grace=0)
        await world.until(partly)

    story(play)


def test_going_back_moves_the_old_revision_to_the_end(story, statefulset):
    async def play(world):
        await world.apply("statefulsets.apps", statefulset(replicas=1))
        first = (await world.until(lambda: _complete(world, 1)))["status"]["updateRevision"]
        for image in ("busybox:2", "busybox"):
            await world.client.patch("statefulsets.apps", "db", _changed(image), "default")

            async def rolled(image=image):
                return _image(
                    (await world.pods() or [{"spec": {"containers": [{"image": ""}]}}])[0]
                ) == image and await _complete(world, 1)

            await world.until(rolled)
        revisions, _ = await world.client.list("controllerrevisions.apps", "default")
        assert {one["metadata"]["name"]: one["revision"] for one in revisions}[first] == 3
        assert len(revisions) == 2

    story(play)


def test_scaling_down_takes_the_highest_number_and_keeps_its_claim(story, statefulset):
    async def play(world):
        claim = {
            "metadata": {"name": "data"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
        }
        await world.apply("statefulsets.apps", statefulset(volumeClaimTemplates=[claim]))
        await world.until(lambda: _complete(world))
        await world.client.patch("statefulsets.apps", "db", {"spec": {"replicas": 1}}, "default", subresource="scale")

        async def small():
            return list(await _by_name(world)) == ["db-0"]

        await world.until(small)
        assert await world.get("persistentvolumeclaims", "data-db-2")

    story(play)


def test_a_failed_pod_is_made_again(story, statefulset):
    async def play(world):
        await world.apply("statefulsets.apps", statefulset(replicas=1))
        await world.until(lambda: _complete(world, 1))
        pod = (await world.pods())[0]
        await world.run_pod(pod, ready=False, phase="Failed")

        async def again():
            pods = await world.pods()
            return pods and pods[0]["metadata"]["uid"] != pod["metadata"]["uid"] and _ready(pods[0])

        await world.until(again)

    story(play)
