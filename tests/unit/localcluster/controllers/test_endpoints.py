"""Endpoints and EndpointSlices, ours and other people's."""

from localcluster.client import Obj

SLICES = "endpointslices.discovery.k8s.io"


def _service(name: str = "web", selector: Obj | None = None, **spec) -> Obj:
    whole = (
        {"ports": [{"name": "http", "port": 80, "targetPort": 8000}]}
        | ({"selector": selector} if selector else {})
        | spec
    )
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "default"}, "spec": whole}


def _pod(name: str, **notes: str) -> Obj:
    meta = {"name": name, "namespace": "default", "labels": {"app": "web"}, "annotations": notes}
    container = {"name": "main", "image": "busybox", "ports": [{"name": "web", "containerPort": 9000}]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [container]}}


async def _addresses(world, kind: str = "addresses", name: str = "web") -> list[str]:
    found = await world.get("endpoints", name)
    return [one["targetRef"]["name"] for subset in (found or {}).get("subsets", ()) for one in subset.get(kind, ())]


async def _ends(world, name: str = "web") -> dict[str, Obj]:
    found, _ = await world.client.list(SLICES, "default", label_selector=f"kubernetes.io/service-name={name}")
    return {
        end.get("targetRef", {}).get("name", end["addresses"][0]): end["conditions"]
        for one in found
        for end in one.get("endpoints") or ()
    }


def test_ready_pods_are_addresses_and_others_are_not(story):
    async def play(world):
        await world.apply("services", _service(selector={"app": "web"}))
        await world.apply("pods", _pod("a"))
        await world.apply("pods", _pod("b", **{"test/hold": "yes"}))

        async def both():
            return await _addresses(world) == ["a"] and await _addresses(world, "notReadyAddresses") == ["b"]

        await world.until(both)

        async def slices():
            ends = await _ends(world)
            return len(ends) == 2 and ends["a"]["ready"] and not ends["b"]["ready"]

        await world.until(slices)
        found = await world.get("endpoints", "web")
        assert found["subsets"][0]["ports"] == [{"name": "http", "port": 8000, "protocol": "TCP"}]

    story(play)


def test_a_terminating_pod_leaves_at_once(story):
    async def play(world):
        await world.apply("services", _service(selector={"app": "web"}))
        await world.apply("pods", _pod("a", **{"test/stay": "yes"}))

        async def there():
            return await _addresses(world) == ["a"]

        await world.until(there)
        await world.client.delete("pods", "a", "default")

        async def gone():
            ends = await _ends(world)
            return not await _addresses(world) and ends["a"] == {"ready": False, "serving": True, "terminating": True}

        await world.until(gone, within=1.5)

    story(play)


def test_publish_not_ready_addresses_makes_all_ready(story):
    async def play(world):
        await world.apply(
            "services", _service(selector={"app": "web"}, clusterIP="None", publishNotReadyAddresses=True)
        )
        await world.apply("pods", _pod("b", **{"test/hold": "yes"}))

        async def there():
            return await _addresses(world) == ["b"] and (await _ends(world)).get("b", {}).get("ready")

        await world.until(there)

    story(play)


def test_a_named_target_port_is_looked_up_in_the_pod(story):
    async def play(world):
        ports = [{"name": "http", "port": 80, "targetPort": "web"}]
        await world.apply("services", _service(selector={"app": "web"}, ports=ports))
        await world.apply("pods", _pod("a"))

        async def found():
            subsets = (await world.get("endpoints", "web") or {}).get("subsets")
            return subsets and subsets[0]["ports"][0]["port"] == 9000

        await world.until(found)

    story(play)


def test_hand_made_endpoints_are_left_alone_and_mirrored(story):
    async def play(world):
        await world.apply("services", _service("leader"))
        subset = {"addresses": [{"ip": "10.244.1.9"}], "ports": [{"name": "http", "port": 5432}]}
        made = {
            "apiVersion": "v1",
            "kind": "Endpoints",
            "metadata": {"name": "leader", "namespace": "default"},
            "subsets": [subset],
        }
        await world.apply("endpoints", made)

        async def mirrored():
            return await _ends(world, "leader") == {"10.244.1.9": {"ready": True}}

        await world.until(mirrored)
        await world.client.patch(
            "endpoints", "leader", {"subsets": [subset | {"addresses": [{"ip": "10.244.1.8"}]}]}, "default"
        )

        async def moved():
            return list(await _ends(world, "leader")) == ["10.244.1.8"]

        await world.until(moved, within=1.5)
        await world.client.patch("services", "leader", {"metadata": {"labels": {"a": "b"}}}, "default")

        async def same():
            return (await world.get("endpoints", "leader"))["subsets"][0]["addresses"] == [{"ip": "10.244.1.8"}]

        await world.stays(same)

    story(play)


def test_endpoints_without_a_service_stay(story):
    async def play(world):
        await world.apply("services", _service("config"))
        made = {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "config", "namespace": "default"}}
        await world.apply("endpoints", made)
        await world.client.delete("services", "config", "default")

        async def there():
            return await world.get("endpoints", "config")

        await world.stays(there)

    story(play)


def test_a_deleted_service_takes_its_endpoints_along(story):
    async def play(world):
        await world.apply("services", _service(selector={"app": "web"}))
        await world.until(lambda: world.get("endpoints", "web"))
        await world.client.delete("services", "web", "default")

        async def gone():
            return await world.get("endpoints", "web") is None and not await _slices(world)

        await world.until(gone)

    story(play)


async def _slices(world) -> list[Obj]:
    return (await world.client.list(SLICES, "default", label_selector="kubernetes.io/service-name=web"))[0]


def test_the_kubernetes_service_comes_back(story):
    async def play(world):
        await world.until(lambda: world.get("services", "kubernetes"))
        await world.stays(lambda: world.get("services", "kubernetes"), during=0.05)
        uid = (await world.get("services", "kubernetes"))["metadata"]["uid"]
        await world.client.delete("services", "kubernetes", "default")

        async def again():
            found = await world.get("services", "kubernetes")
            return found and found["metadata"]["uid"] != uid and found

        assert (await world.until(again))["spec"]["clusterIP"] == "10.96.0.1"

    story(play)
