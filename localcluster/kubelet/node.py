"""One virtual node: registers itself, runs the pods that are bound to it, obeys the annotations that stop it."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcluster.client import ApiError
from localcluster.kubelet import node_object
from localcluster.kubelet.addresses import Addresses
from localcluster.kubelet.heartbeat import beat
from localcluster.kubelet.pod_worker import PodWorker
from localcluster.kubelet.server import NodeServer

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from localcluster.client import Obj
    from localcluster.kubelet.context import NodeContext

log = logging.getLogger(__name__)
KUBELET, POWER = "localcluster/kubelet", "localcluster/power"
_REGISTER_RETRY = 0.2  # seconds
_REPORT = 300.0  # seconds between reports without a change, as upstream


@dataclass(frozen=True)
class Place:
    """Where a node is found."""

    pod_prefix: str
    """The first three numbers of its pods' addresses."""
    port: int
    """Port of its HTTP server on 127.0.0.1; the next free one if it is taken."""
    token: str
    """What those who ask it must know."""


class Node:
    """Follows the Pod and Node objects it is told about; `pods` gives those that are bound to it now."""

    def __init__(self, context: NodeContext, place: Place, pods: Callable[[], list[Obj]]) -> None:
        self.context = context
        self.workers: dict[str, PodWorker] = {}
        """By uid."""
        self._prefix = place.pod_prefix
        self._addresses = Addresses(place.pod_prefix)
        self._server = NodeServer(self, place.port, place.token)
        self._pods = pods
        self._object: Obj = {}
        self._wanted = "on"
        self._state = "off"
        self._change = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Register, then live until cancelled."""
        await self._register()
        await self._switch()
        self._spawn(beat(self.context.machine.client, lambda: self._object, self.context.working))
        self._spawn(self._report())
        while True:
            await self._change.wait()
            self._change.clear()
            await self._switch()

    def node_changed(self, node: Obj) -> None:
        """Take a newer version of the own Node object."""
        self._object = node
        marks = node["metadata"].get("annotations") or {}
        self._wanted = "on"
        if marks.get(KUBELET) == "stopped":
            self._wanted = "stopped"
        if marks.get(POWER) == "off":
            self._wanted = "off"
        self._change.set()

    def node_deleted(self) -> None:
        """Register again: the machine is still here."""
        self._state = "gone"
        self._spawn(self._register_again())

    async def _register_again(self) -> None:
        await self._register()
        self.node_changed(self._object)

    def pod_changed(self, pod: Obj) -> None:
        """Take a newer version of a pod that is bound to this node."""
        if not self.context.working.is_set():
            return  # it is caught up with when the kubelet works again
        worker = self.workers.get(pod["metadata"]["uid"])
        if worker is None:
            self._begin(pod)
        else:
            worker.update(pod)

    def pod_gone(self, uid: str) -> None:
        """End what still runs of a pod whose object is gone."""
        if self.context.working.is_set() and uid in self.workers:
            self.workers[uid].vanish()

    def catch_up(self, pods: Iterable[Obj]) -> None:
        """Compare with all pods that are bound to this node now."""
        there = {pod["metadata"]["uid"]: pod for pod in pods}
        for uid in self.workers.keys() - there.keys():
            self.workers[uid].vanish()
        for pod in there.values():
            self.pod_changed(pod)
            if worker := self.workers.get(pod["metadata"]["uid"]):
                worker.resync()

    async def close(self, grace: float) -> None:
        """End all pods within `grace` seconds, and everything else."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*(worker.cut_power(grace) for worker in self.workers.values()))
        await self._server.stop()

    def worker(self, namespace: str, name: str) -> PodWorker | None:
        """Find a pod by name: the one that came last."""
        named = [w for w in self.workers.values() if w.is_named(namespace, name)]
        return named[-1] if named else None

    def _begin(self, pod: Obj) -> None:
        meta = pod["metadata"]
        before = self.worker(meta["namespace"], meta["name"])
        own = not pod["spec"].get("hostNetwork")
        try:
            address = self._addresses.take() if own else self.context.address
        except LookupError as error:
            self.context.machine.recorder.pod(pod, "OutOfPods", str(error), kind="Warning")
            return
        worker = PodWorker(self.context, pod, address, before)
        self.workers[worker.uid] = worker
        worker.begin()
        self._spawn(self._forget(worker, own))

    async def _forget(self, worker: PodWorker, own_address: bool) -> None:
        await worker.gone.wait()
        if self.workers.get(worker.uid) is worker:
            del self.workers[worker.uid]
        if own_address:
            self._addresses.give_back(worker.ip)

    async def _switch(self) -> None:
        """Go where the annotations want us: on, stopped (containers run on) or off."""
        if self._wanted == self._state:
            await self._reassert()
            return
        self._state = self._wanted
        log.info("node %s: %s", self.context.name, self._state)
        if self._state == "on":
            await self._server.start()
            self.context.working.set()
            await self._post_status()
            self.catch_up(self._pods())
            return
        self.context.working.clear()
        await self._server.stop()
        if self._state == "off":
            await asyncio.gather(*(worker.cut_power() for worker in tuple(self.workers.values())))
            self.workers.clear()

    async def _reassert(self) -> None:
        """Say that we are ready, if the controllers have given us up meanwhile."""
        conditions = (self._object.get("status") or {}).get("conditions") or []
        given_up = any(c["type"] == "Ready" and c["status"] != "True" for c in conditions)
        if given_up and self._state == "on":
            await self._post_status()

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(_REPORT)
            await self.context.working.wait()
            await self._post_status()

    async def _register(self) -> None:
        client, name = self.context.machine.client, self.context.name
        wanted = node_object.node_object(name, f"{self._prefix}.0/24", self.context.labels)
        while True:
            try:
                self._object = await client.create("nodes", wanted)
                break
            except ApiError as error:
                if error.code == 409:
                    self._object = await client.get("nodes", name)
                    break
                log.warning("node %s not registered: %s", name, error)
                await asyncio.sleep(_REGISTER_RETRY)

    async def _post_status(self) -> None:
        machine = self.context.machine
        amounts, port = self.context.allocatable, self._server.port
        status = node_object.node_status(self.context.name, self.context.address, port, amounts, machine.images.known())
        status["conditions"] = node_object.healthy((self._object.get("status") or {}).get("conditions") or [])
        try:
            await machine.client.patch("nodes", self.context.name, {"status": status}, subresource="status")
        except ApiError as error:
            log.warning("status of %s not written: %s", self.context.name, error)

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
