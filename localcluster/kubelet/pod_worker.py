"""The life of one pod: up, along, and down again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import time
from typing import TYPE_CHECKING

from localcluster.client import ApiError
from localcluster.kubelet import clock
from localcluster.kubelet.container_worker import ContainerWorker
from localcluster.kubelet.context import NodeContext, PodContext
from localcluster.kubelet.environment import Surroundings
from localcluster.kubelet.instance import grace_of
from localcluster.kubelet.pod_sandbox import sandbox_spec
from localcluster.kubelet.projection import VolumeError
from localcluster.kubelet.status import FINAL, PodFacts, pod_status
from localcluster.kubelet.status_writer import StatusWriter
from localcluster.kubelet.tokens import Tokens
from localcluster.kubelet.volumes import Volumes
from localcluster.sandbox.runtime import SandboxError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from localcluster.client import Obj
    from localcluster.sandbox.runtime import Pod

log = logging.getLogger(__name__)
_FIRST_RETRY, _LONGEST_RETRY = 0.5, 10.0  # seconds between tries to set up volumes and sandbox


class PodWorker:
    """Runs one pod, known by its uid, on one node, at one address."""

    def __init__(self, node: NodeContext, pod: Obj, ip: str, before: PodWorker | None = None) -> None:
        self.uid: str = pod["metadata"]["uid"]
        self.ip = ip
        self.gone = asyncio.Event()
        """Set when nothing of it runs any more."""
        self._node = node
        self._before = before
        self._given = pod
        self._deleted = asyncio.Event()
        self._vanished = False
        self._creating: asyncio.Task[Pod] | None = None
        self._tasks: list[asyncio.Task[None]] = []
        around = Surroundings(self._with_addresses(pod), node.machine.sources, node.allocatable)
        folder = node.machine.state / "pods" / self.uid
        self._writer = StatusWriter(node.machine.client, pod, node.working, lambda: pod_status(self.facts))
        self.context = PodContext(around, node, folder, self._writer.changed)
        tokens = Tokens(node.machine.client, pod)
        self.volumes = Volumes(folder / "volumes", node.machine.state, around, node.labels, tokens)
        self.init, self.main = _workers(pod, self.context)
        self.facts = self._facts(pod)

    def begin(self) -> None:
        """Start working."""
        self._writer.changed()
        self._spawn(self._writer.run())
        self._spawn(self._lead())
        self.update(self._given)

    def update(self, pod: Obj) -> None:
        """Take a newer version of the object; a deletion begins the end."""
        self._given = pod
        self.context.around.pod = self._with_addresses(pod)
        self.facts.old_conditions = (pod.get("status") or {}).get("conditions") or []
        self.volumes.pod_changed()
        meta = pod["metadata"]
        if meta.get("deletionTimestamp"):
            self._deleted.set()
            self.context.ending.begin(float(meta.get("deletionGracePeriodSeconds") or 0))
        if pod["spec"].get("readinessGates"):
            self._writer.changed()

    def vanish(self) -> None:
        """End at once: the object is gone from the API."""
        self._vanished = True
        self._deleted.set()
        self.context.ending.begin(0)

    def resync(self) -> None:
        """Write the whole status again: somebody may have changed it while the kubelet was stopped."""
        self._writer.forget()

    def is_named(self, namespace: str, name: str) -> bool:
        """Tell whether this is the pod of that name."""
        meta = self._given["metadata"]
        return bool(meta["namespace"] == namespace and meta["name"] == name)

    def container(self, name: str) -> ContainerWorker | None:
        """Give a container by name."""
        return next((worker for worker in (*self.init, *self.main) if worker.spec["name"] == name), None)

    async def cut_power(self, grace: float = 0) -> None:
        """End all processes, after `grace` seconds at the latest, without a word to the API server."""
        for task in self._tasks:
            task.cancel()
        if grace:
            self.context.ending.begin(grace)
            await self._end_containers()
        for worker in (*self.init, *self.main):
            worker.abandon()
        await self._remove_sandbox()
        self._node.machine.sources.unwatch(self.volumes)
        self.context.ending.close()
        self.gone.set()

    async def _lead(self) -> None:
        """Bring the pod up, wait for its end, bring it down, wait for its deletion."""
        life = asyncio.create_task(self._live())
        wanted = asyncio.create_task(self.context.ending.wanted.wait())
        try:
            await asyncio.wait({life, wanted}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            life.cancel()
            wanted.cancel()
        if life.done() and not life.cancelled() and life.exception():
            log.error("pod %s", self.context.full_name, exc_info=life.exception())
        if not self.context.ending.wanted.is_set():
            self.context.ending.begin(grace_of(self._given))  # its jobs are done: now the sidecars end
        await self._end_containers()
        self.facts.finished = True
        await self._remove_sandbox()
        self._writer.changed()
        await self._deleted.wait()
        await self._delete()

    async def _live(self) -> None:
        """Bring the pod up and see it through; returns when no container will be started again."""
        if self._before is not None:
            await self._before.gone.wait()  # two pods of one name must not write to the same claim
            self._before = None
        if self.facts.verdict is not None:
            return  # it had ended in an earlier life of this node
        self._spawn(self._watch_deadline())
        await self._set_up()
        self._spawn(self.volumes.follow())
        await self._run_containers()

    async def _watch_deadline(self) -> None:
        limit = self._given["spec"].get("activeDeadlineSeconds")
        if limit is None:
            return
        await asyncio.sleep(max(0.0, clock.seconds(self.facts.started_at) + float(limit) - time.time()))
        if not self.facts.finished:
            message = "Pod was active on the node longer than the specified deadline"
            self.context.event("DeadlineExceeded", message)
            self.facts.verdict = ("Failed", "DeadlineExceeded", message)
            self.context.ending.begin(grace_of(self._given))

    async def _set_up(self) -> None:
        pause = _FIRST_RETRY
        sources = self._node.machine.sources
        while True:
            await self._node.working.wait()
            seen = sources.version
            try:
                return await self._try_to_set_up()
            except VolumeError as error:
                self.context.event("FailedMount", f"MountVolume.SetUp failed: {error}", warning=True)
            except SandboxError as error:
                text = f"Failed to create pod sandbox: {error}"
                self.context.event("FailedCreatePodSandBox", text, warning=True)
            except ApiError as error:
                log.warning("pod %s waits for the API server: %s", self.context.full_name, error)
            await sources.change_since(seen, pause)
            pause = min(pause * 2, _LONGEST_RETRY)

    async def _try_to_set_up(self) -> None:
        if self._creating is None:  # it is made while the volumes are
            self._creating = asyncio.create_task(self._node.machine.runtime.create(sandbox_spec(self.context.pod)))
        await self.volumes.prepare()
        self.context.volumes = self.volumes.ready
        try:
            # not cancelled with us: half a sandbox would stay behind
            self.context.sandbox = await asyncio.shield(self._creating)
        except SandboxError:
            self._creating = None
            raise
        self.facts.sandbox, self.facts.ip = True, self.ip
        self._writer.changed()

    async def _run_containers(self) -> None:
        for worker in self.init:
            task = worker.begin()
            if worker.sidecar:
                await worker.started_up()
                continue
            await asyncio.shield(task)
            if worker.state.ended is None or worker.state.ended.code != 0:
                return
        await asyncio.wait([worker.begin() for worker in self.main])

    async def _end_containers(self) -> None:
        """End main containers together, then init containers and sidecars, the last first."""
        ending = self.context.ending
        await asyncio.gather(*(worker.end(ending.seconds_left()) for worker in self.main))
        for worker in reversed(self.init):
            await worker.end(ending.seconds_left())

    async def _remove_sandbox(self) -> None:
        if self._creating is not None:
            with contextlib.suppress(SandboxError):
                await (await self._creating).remove()
        self._creating = self.context.sandbox = None
        self.facts.sandbox = False

    async def _delete(self) -> None:
        """Write the last status, take the object from the API and the folder from the disk."""
        meta = self._given["metadata"]
        while not self._vanished:
            await self._node.working.wait()
            try:
                await self._writer.write()
                client = self._node.machine.client
                await client.delete("pods", meta["name"], meta["namespace"], grace=0, uid=self.uid)
                break
            except ApiError as error:
                if error.code in (404, 409):  # gone, or another pod of this name
                    break
                await asyncio.sleep(1)
        self.volumes.remove()
        shutil.rmtree(self.context.folder, ignore_errors=True)
        self.context.ending.close()
        self.gone.set()
        for task in self._tasks:
            task.cancel()

    def _facts(self, pod: Obj) -> PodFacts:
        old = pod.get("status") or {}
        facts = PodFacts(pod["spec"], [w.state for w in self.init], [w.state for w in self.main])
        facts.host_ip = self._node.address
        facts.started_at = old.get("startTime") or clock.now()
        facts.old_conditions = old.get("conditions") or []
        if old.get("phase") in FINAL:
            facts.verdict = (old["phase"], old.get("reason"), old.get("message"))
            facts.ip = old.get("podIP") or ""
        return facts

    def _with_addresses(self, pod: Obj) -> Obj:
        """The downward API needs them before the API server has heard of them."""
        mine = {"hostIP": self._node.address, "hostIPs": [{"ip": self._node.address}]}
        mine |= {"podIP": self.ip, "podIPs": [{"ip": self.ip}]}
        return pod | {"status": (pod.get("status") or {}) | mine}

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        self._tasks.append(asyncio.create_task(work))


def _workers(pod: Obj, context: PodContext) -> tuple[list[ContainerWorker], list[ContainerWorker]]:
    """Make the init containers' and the containers' workers; both go on from what the status says."""
    spec, old = pod["spec"], pod.get("status") or {}
    policy = spec.get("restartPolicy") or "Always"
    reason = "PodInitializing" if spec.get("initContainers") else "ContainerCreating"
    init = [_init_worker(c, context, policy, reason) for c in spec.get("initContainers") or []]
    main = [ContainerWorker(c, context, policy, reason) for c in spec["containers"]]
    known = {s["name"]: s for key in ("initContainerStatuses", "containerStatuses") for s in old.get(key) or []}
    for worker in (*init, *main):
        if worker.spec["name"] in known:
            worker.restore(known[worker.spec["name"]])
    return init, main


def _init_worker(spec: Obj, context: PodContext, policy: str, reason: str) -> ContainerWorker:
    sidecar = spec.get("restartPolicy") == "Always"
    own = "Always" if sidecar else "Never" if policy == "Never" else "OnFailure"
    return ContainerWorker(spec, context, own, reason, sidecar=sidecar)
