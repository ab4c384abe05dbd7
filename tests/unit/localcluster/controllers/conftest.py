"""A cluster without machines: real registry and controllers, three nodes, a kubelet that only says that pods run."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable

import pytest

from localcluster import controllers
from localcluster.apiserver.bootstrap import bootstrap
from localcluster.apiserver.local import LocalClient
from localcluster.apiserver.registry import Registry
from localcluster.client import ApiError, Obj
from localcluster.controllers import clock
from localcluster.informer import Informer

HOLD = "test/hold"  # a pod with this annotation gets an address but never becomes ready
STAY = "test/stay"  # a pod with this annotation does not end when asked


class World:
    """What a test can do and see."""

    def __init__(self, folder) -> None:
        self.registry = Registry()
        bootstrap(self.registry, "PEM", endpoint="10.96.0.1", port=443)
        self.client = LocalClient(self.registry)
        self.folder = folder
        self.silent: set[str] = set()
        self._address = 0

    async def node(self, name: str, *, cpu: str = "4", **labels: str) -> None:
        meta = {"name": name, "labels": {"kubernetes.io/hostname": name, **labels}}
        await self.client.create("nodes", {"apiVersion": "v1", "kind": "Node", "metadata": meta, "spec": {}})
        room = {"cpu": cpu, "memory": "8Gi", "pods": "110"}
        ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "lastTransitionTime": clock.stamp()}
        status = {"capacity": room, "allocatable": room, "conditions": [ready]}
        await self.client.patch("nodes", name, {"status": status}, subresource="status")

    async def apply(self, resource: str, obj: Obj) -> Obj:
        return await self.client.create(resource, obj, obj["metadata"].get("namespace", "default"))

    async def get(self, resource: str, name: str, namespace: str | None = "default") -> Obj | None:
        try:
            return await self.client.get(resource, name, namespace)
        except ApiError as error:
            if error.code != 404:
                raise
            return None

    async def pods(self, namespace: str = "default", selector: str = "") -> list[Obj]:
        return (await self.client.list("pods", namespace, label_selector=selector))[0]

    async def events(self, reason: str) -> list[Obj]:
        return [one for one in (await self.client.list("events"))[0] if one["reason"] == reason]

    async def until(self, look: Callable[[], Awaitable[object]], within: float = 3.0) -> object:
        """Look again and again until it is true; the answer, or a failure that shows the last one."""
        end = time.monotonic() + within
        while True:
            seen = await look()
            if seen or time.monotonic() > end:
                assert seen, "it never became true"
                return seen
            await asyncio.sleep(0.005)

    async def stays(self, look: Callable[[], Awaitable[object]], during: float = 0.15) -> None:
        end = time.monotonic() + during
        while time.monotonic() < end:
            assert await look()
            await asyncio.sleep(0.01)

    async def kubelet(self) -> None:
        pods = Informer(self.client, "pods")
        tasks = set()

        def changed(kind: str, _old: Obj | None, new: Obj | None) -> None:
            if new is not None and kind != "DELETED" and new["spec"].get("nodeName") not in (None, *self.silent):
                task = asyncio.ensure_future(self._serve(new))
                tasks.add(task)
                task.add_done_callback(tasks.discard)

        pods.subscribe(changed)
        await pods.run()

    async def _serve(self, pod: Obj) -> None:
        meta = pod["metadata"]
        notes = meta.get("annotations") or {}
        with contextlib.suppress(ApiError):
            if "deletionTimestamp" in meta:
                if STAY not in notes:
                    await self.client.delete("pods", meta["name"], meta["namespace"], grace=0, uid=meta["uid"])
            elif (pod.get("status") or {}).get("phase", "Pending") == "Pending":
                await self.run_pod(pod, ready=HOLD not in notes)

    async def run_pod(self, pod: Obj, *, ready: bool = True, phase: str = "Running") -> None:
        self._address += 1
        condition = {"type": "Ready", "status": str(ready), "lastTransitionTime": clock.stamp()}
        placed = {"type": "PodScheduled", "status": "True", "lastTransitionTime": clock.stamp()}
        status = {"phase": phase, "podIP": f"10.244.1.{self._address}", "conditions": [placed, condition]}
        status["startTime"] = clock.stamp()
        meta = pod["metadata"]
        await self.client.patch("pods", meta["name"], {"status": status}, meta["namespace"], subresource="status")


@pytest.fixture
def story(tmp_path):
    """Run an async function against a fresh world with controllers at work."""

    def tell(play: Callable[[World], Awaitable[None]], *, nodes: int = 3) -> None:
        async def whole() -> None:
            world = World(tmp_path / "volumes")
            for number in range(nodes):
                await world.node(f"node-{number + 1}")
            tasks = [
                asyncio.ensure_future(controllers.run(world.client, volumes=world.folder)),
                asyncio.ensure_future(world.kubelet()),
            ]
            try:
                await play(world)
                for task in tasks:
                    assert not task.done(), task.exception()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run(whole())

    return tell


def template(**labels: str) -> Obj:
    container = {
        "name": "main",
        "image": "busybox",
        "imagePullPolicy": "Always",
        "resources": {"requests": {"cpu": "100m", "memory": "16Mi"}},
    }
    return {"metadata": {"labels": labels}, "spec": {"containers": [container]}}


@pytest.fixture
def deployment():
    def make(name: str = "web", replicas: int = 3, **spec) -> Obj:
        whole = {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": template(app=name),
        } | spec
        meta = {"name": name, "namespace": "default"}
        return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": whole}

    return make


@pytest.fixture
def statefulset():
    def make(name: str = "db", replicas: int = 3, **spec) -> Obj:
        whole = {"replicas": replicas, "serviceName": name, "selector": {"matchLabels": {"app": name}}}
        whole |= {"template": template(app=name)} | spec
        meta = {"name": name, "namespace": "default"}
        return {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": meta, "spec": whole}

    return make
