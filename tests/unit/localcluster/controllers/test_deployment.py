"""Deployments and ReplicaSets."""

import time

from localcluster.client import Obj


def _condition(obj: Obj, kind: str) -> Obj:
    return next((one for one in obj.get("status", {}).get("conditions", ()) if one["type"] == kind), {})


def _changed(image: str) -> Obj:
    requests = {"cpu": "100m", "memory": "16Mi"}
    container = {"name": "main", "image": image, "imagePullPolicy": "Always", "resources": {"requests": requests}}
    return {"spec": {"template": {"spec": {"containers": [container]}}}}


def _sizes(sets: list[Obj]) -> list[tuple[str, int]]:
    number = "deployment.kubernetes.io/revision"
    return [(one["metadata"]["annotations"][number], one["spec"]["replicas"]) for one in sets]


async def _complete(world, name: str = "web", replicas: int = 3) -> Obj | None:
    found = await world.get("deployments.apps", name)
    status = found["status"]
    counts = [status.get(key) for key in ("replicas", "updatedReplicas", "availableReplicas")]
    current = status.get("observedGeneration") == found["metadata"]["generation"]
    return found if counts == [replicas] * 3 and current else None


def test_three_pods_are_scheduled_within_half_a_second_and_on_three_nodes(story, deployment):
    async def play(world):
        start = time.perf_counter()
        await world.apply("deployments.apps", deployment())

        async def placed():
            pods = await world.pods()
            return len(pods) == 3 and all("nodeName" in pod["spec"] for pod in pods)

        await world.until(placed)
        assert time.perf_counter() - start < 0.5
        assert {pod["spec"]["nodeName"] for pod in await world.pods()} == {"node-1", "node-2", "node-3"}

    story(play)


def test_a_finished_roll_out_says_available_and_progressing(story, deployment):
    async def play(world):
        await world.apply("deployments.apps", deployment())
        found = await world.until(lambda: _complete(world))
        assert _condition(found, "Available")["status"] == "True"
        assert _condition(found, "Progressing")["reason"] == "NewReplicaSetAvailable"
        assert found["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "1"
        scaled = await world.until(lambda: world.events("ScalingReplicaSet"))
        assert scaled[0]["message"].endswith("from 0 to 3")

    story(play)


def test_a_rolling_update_never_falls_below_max_unavailable(story, deployment):
    async def play(world):
        rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
        await world.apply("deployments.apps", deployment(strategy=rolling))
        await world.until(lambda: _complete(world))
        await world.client.patch("deployments.apps", "web", _changed("busybox:2"), "default")

        async def rolled():
            ready = [
                pod
                for pod in await world.pods()
                if "deletionTimestamp" not in pod["metadata"] and pod.get("status", {}).get("phase") == "Running"
            ]
            assert len(ready) >= 3
            assert len(await world.pods()) <= 5  # one more than wanted, and one that is just going
            done = await _complete(world)
            return done and all(pod["spec"]["containers"][0]["image"] == "busybox:2" for pod in await world.pods())

        await world.until(rolled)
        sets, _ = await world.client.list("replicasets.apps", "default")
        revisions = sorted(
            (one["metadata"]["annotations"]["deployment.kubernetes.io/revision"], one["spec"]["replicas"])
            for one in sets
        )
        assert revisions == [("1", 0), ("2", 3)]

    story(play)


def test_going_back_to_an_old_template_reuses_its_replicaset_with_a_new_revision(story, deployment):
    async def play(world):
        await world.apply("deployments.apps", deployment())
        await world.until(lambda: _complete(world))
        for image in ("busybox:2", "busybox"):
            await world.client.patch("deployments.apps", "web", _changed(image), "default")
            await world.until(lambda: _complete(world))
        sets, _ = await world.client.list("replicasets.apps", "default")
        assert sorted(_sizes(sets)) == [("2", 0), ("3", 3)]
        found = await world.get("deployments.apps", "web")
        assert found["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3"

    story(play)


def test_recreate_ends_all_old_pods_before_the_first_new_one(story, deployment):
    async def play(world):
        await world.apply("deployments.apps", deployment(strategy={"type": "Recreate"}))
        await world.until(lambda: _complete(world))
        await world.client.patch("deployments.apps", "web", _changed("busybox:2"), "default")

        async def rolled():
            images = {pod["spec"]["containers"][0]["image"] for pod in await world.pods()}
            assert len(images) <= 1
            return images == {"busybox:2"} and await _complete(world)

        await world.until(rolled)

    story(play)


def test_recreate_waits_for_pods_that_take_their_time_to_end(story, deployment):
    async def play(world):
        slow = deployment(strategy={"type": "Recreate"})
        slow["spec"]["template"]["metadata"]["annotations"] = {"test/stay": "yes"}
        await world.apply("deployments.apps", slow)
        await world.until(lambda: _complete(world))
        await world.client.patch("deployments.apps", "web", _changed("busybox:2"), "default")

        async def only_old():
            return {pod["spec"]["containers"][0]["image"] for pod in await world.pods()} == {"busybox"}

        await world.stays(only_old)
        for pod in await world.pods():
            await world.client.delete("pods", pod["metadata"]["name"], "default", grace=0)

        async def only_new():
            return {pod["spec"]["containers"][0]["image"] for pod in await world.pods()} == {"busybox:2"}

        await world.until(only_new)

    story(play)


def test_replicas_spread_though_one_node_has_far_more_room(story, deployment):
    async def play(world):
        await world.node("node-4", cpu="400")
        await world.apply("deployments.apps", deployment(replicas=4))

        async def nodes():
            return len({pod["spec"].get("nodeName") for pod in await world.pods()} - {None}) == 4

        await world.until(nodes)

    story(play)


def test_scaling_follows_the_spec_both_ways(story, deployment):
    async def play(world):
        await world.apply("deployments.apps", deployment())
        for size in (5, 1, 0):
            await world.client.patch(
                "deployments.apps", "web", {"spec": {"replicas": size}}, "default", subresource="scale"
            )

            async def sized(size=size):
                return len(await world.pods()) == size

            await world.until(sized)

    story(play)


def test_a_paused_deployment_does_not_roll(story, deployment):
    async def play(world):
        await world.apply("deployments.apps", deployment())
        await world.until(lambda: _complete(world))
        await world.client.patch("deployments.apps", "web", {"spec": {"paused": True}}, "default")
        await world.client.patch("deployments.apps", "web", _changed("busybox:2"), "default")

        async def unchanged():
            return {pod["spec"]["containers"][0]["image"] for pod in await world.pods()} == {"busybox"}

        await world.stays(unchanged)
        await world.client.patch("deployments.apps", "web", {"spec": {"paused": None}}, "default")
        await world.until(lambda: _complete(world))

        async def changed():
            return {pod["spec"]["containers"][0]["image"] for pod in await world.pods()} == {"busybox:2"}

        await world.until(changed)

    story(play)


def test_a_roll_out_that_stands_still_misses_its_deadline(story, deployment):
    async def play(world):
        held = deployment(progressDeadlineSeconds=1)
        held["spec"]["template"]["metadata"]["annotations"] = {"test/hold": "yes"}
        await world.apply("deployments.apps", held)

        async def late():
            found = await world.get("deployments.apps", "web")
            return _condition(found, "Progressing").get("reason") == "ProgressDeadlineExceeded"

        await world.until(late, within=5)
        found = await world.get("deployments.apps", "web")
        assert _condition(found, "Available")["status"] == "False"

    story(play)


def test_a_deleted_pod_is_replaced(story, deployment):
    async def play(world):
        await world.apply("deployments.apps", deployment())
        await world.until(lambda: _complete(world))
        victim = (await world.pods())[0]["metadata"]
        await world.client.delete("pods", victim["name"], "default", grace=0)

        async def replaced():
            return len(await world.pods()) == 3 and victim["uid"] not in [
                pod["metadata"]["uid"] for pod in await world.pods()
            ]

        await world.until(replaced)

    story(play)


def test_a_quota_is_told_as_replica_failure(story, deployment):
    async def play(world):
        quota = {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "few"},
            "spec": {"hard": {"pods": "1"}},
        }
        await world.apply("resourcequotas", quota)
        await world.apply("deployments.apps", deployment())

        async def refused():
            found = await world.get("deployments.apps", "web")
            return "exceeded quota" in _condition(found, "ReplicaFailure").get("message", "")

        await world.until(refused)
        assert await world.events("FailedCreate")
        await world.client.delete("resourcequotas", "few", "default")
        found = await world.until(lambda: _complete(world))
        assert not _condition(found, "ReplicaFailure")

    story(play)
