"""Claims and volumes."""

from pathlib import Path

from localcluster.client import Obj

PVC, PV = "persistentvolumeclaims", "persistentvolumes"


def _claim(name: str = "data", **spec) -> Obj:
    whole = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}} | spec
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": "default"},
        "spec": whole,
    }


def _pod(claim: str = "data", **spec) -> Obj:
    volume = {"name": "v", "persistentVolumeClaim": {"claimName": claim}}
    whole = {"containers": [{"name": "main", "image": "busybox"}], "volumes": [volume]} | spec
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "user", "namespace": "default"}, "spec": whole}


def _is_folder(volume: Obj) -> bool:
    return Path(volume["spec"]["hostPath"]["path"]).is_dir()


def _phase(world, resource: str, name: str, phase: str, namespace: str | None = "default"):
    async def look():
        found = await world.get(resource, name, namespace)
        return found and found.get("status", {}).get("phase") == phase and found

    return look


async def _bound(world) -> tuple[Obj, Obj]:
    await world.apply(PVC, _claim())
    await world.apply("pods", _pod())
    claim = await world.until(_phase(world, PVC, "data", "Bound"))
    return claim, await world.until(_phase(world, PV, claim["spec"]["volumeName"], "Bound", None))


def test_a_claim_waits_for_its_first_pod(story):
    async def play(world):
        await world.apply(PVC, _claim())
        events = await world.until(lambda: world.events("WaitForFirstConsumer"))
        assert events[0]["message"] == "waiting for first consumer to be created before binding"
        assert (await world.get(PVC, "data"))["status"]["phase"] == "Pending"

    story(play)


def test_a_pod_gets_a_volume_on_its_node(story):
    async def play(world):
        claim, volume = await _bound(world)
        pod = await world.until(_phase(world, "pods", "user", "Running"))
        rule = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"][0]["matchExpressions"][0]
        assert rule["values"] == [pod["spec"]["nodeName"]]
        assert _is_folder(volume)
        assert claim["status"]["capacity"] == {"storage": "1Mi"}

    story(play)


def test_a_second_pod_of_the_claim_goes_to_the_same_node(story):
    async def play(world):
        await _bound(world)
        first = await world.until(_phase(world, "pods", "user", "Running"))
        await world.client.delete("pods", "user", "default", grace=0)
        await world.apply("pods", _pod())
        again = await world.until(_phase(world, "pods", "user", "Running"))
        assert again["spec"]["nodeName"] == first["spec"]["nodeName"]

    story(play)


def test_a_claim_in_use_is_not_taken_away(story):
    async def play(world):
        await _bound(world)
        await world.client.delete(PVC, "data", "default")

        async def waits():
            found = await world.get(PVC, "data")
            return found and "deletionTimestamp" in found["metadata"]

        await world.stays(waits)
        await world.client.delete("pods", "user", "default", grace=0)

        async def gone():
            return await world.get(PVC, "data") is None

        await world.until(gone)

    story(play)


def test_the_data_goes_with_the_claim(story):
    async def play(world):
        _, volume = await _bound(world)
        folder = Path(volume["spec"]["hostPath"]["path"])
        (folder / "file").write_text("x")
        await world.client.delete("pods", "user", "default", grace=0)
        await world.client.delete(PVC, "data", "default")

        async def gone():
            return await world.get(PV, volume["metadata"]["name"], None) is None and not _is_folder(volume)

        await world.until(gone)

    story(play)


def test_a_retained_volume_is_released_with_its_data(story):
    async def play(world):
        _, volume = await _bound(world)
        name = volume["metadata"]["name"]
        await world.client.patch(PV, name, {"spec": {"persistentVolumeReclaimPolicy": "Retain"}})
        await world.client.delete("pods", "user", "default", grace=0)
        await world.client.delete(PVC, "data", "default")
        await world.until(_phase(world, PV, name, "Released", None))
        assert _is_folder(volume)

    story(play)


def test_a_volume_outside_the_cluster_s_folder_is_never_erased(story, tmp_path):
    async def play(world):
        _, volume = await _bound(world)
        name, outside = volume["metadata"]["name"], tmp_path / "precious"
        outside.mkdir()
        found = await world.get(PV, name, None)
        found["spec"]["hostPath"]["path"] = str(outside)
        await world.client.update(PV, found)
        await world.client.delete("pods", "user", "default", grace=0)
        await world.client.delete(PVC, "data", "default")
        await world.until(_phase(world, PV, name, "Failed", None))
        assert _is_folder({"spec": {"hostPath": {"path": outside}}})

    story(play)


def test_a_ready_made_volume_is_taken_when_it_fits(story):
    async def play(world):
        for name, size in (("small", "1Ki"), ("large", "5Mi"), ("fitting", "2Mi")):
            spec = {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": f"/x/{name}"}}
            await world.client.create(PV, {"metadata": {"name": name}, "spec": spec | {"storageClassName": "manual"}})
        await world.apply(PVC, _claim(storageClassName="manual"))
        claim = await world.until(_phase(world, PVC, "data", "Bound"))
        assert claim["spec"]["volumeName"] == "fitting"
        await world.until(_phase(world, PV, "large", "Available", None))

    story(play)


def test_an_unknown_class_leaves_the_claim_pending_with_a_reason(story):
    async def play(world):
        await world.apply(PVC, _claim(storageClassName="gold"))
        events = await world.until(lambda: world.events("ProvisioningFailed"))
        assert events[0]["message"] == 'storageclass.storage.k8s.io "gold" not found'
        assert (await world.get(PVC, "data"))["status"]["phase"] == "Pending"

    story(play)


def test_replicas_whose_claims_wait_are_kept_apart(story):
    """A pod is as good as placed once its claim was told a node: else the next one is sent to the same."""

    async def play(world):
        apart = {"labelSelector": {"matchLabels": {"app": "x"}}, "topologyKey": "kubernetes.io/hostname"}
        wish = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": apart}]}
        for name in "abc":
            await world.apply(PVC, _claim(f"data-{name}"))
        for name in "abc":
            pod = _pod(f"data-{name}", affinity={"podAntiAffinity": wish})
            await world.apply("pods", pod | {"metadata": pod["metadata"] | {"name": name, "labels": {"app": "x"}}})
        for name in "abc":
            await world.until(_phase(world, PVC, f"data-{name}", "Bound"))
        where = [
            claim["metadata"]["annotations"]["volume.kubernetes.io/selected-node"]
            for claim in [await world.get(PVC, f"data-{name}") for name in "abc"]
        ]
        assert sorted(where) == ["node-1", "node-2", "node-3"]

    story(play)
