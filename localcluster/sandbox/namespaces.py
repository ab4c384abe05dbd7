"""Pods as network namespaces, containers as mount, pid and user namespaces: the same as root and as anybody else."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Self

from .container import NamespaceContainer
from .launching import environment, launch_values, plan_values
from .memory import MemoryWatch
from .process import launched, open_pipes
from .runtime import ContainerSpec, PodSpec, SandboxError
from .spawn import Spawner


class NamespaceRuntime:
    """Runs pods in the network namespace in which it was started, which is the node of all of them."""

    def __init__(self, spawner: Spawner, stage: Path) -> None:
        self.lacks = frozenset({"cpu-limits"})
        self._spawner = spawner
        self._stage = stage
        self._pods: set[NamespacePod] = set()
        self._memory = MemoryWatch()

    @classmethod
    async def start(cls, state_dir: Path) -> Self:
        """Start the spawner; `state_dir` is the cluster's, in which a folder `stage` is made."""
        stage = state_dir / "stage"
        stage.mkdir(parents=True, exist_ok=True)
        return cls(await Spawner.start(stage), stage)

    async def create(self, spec: PodSpec) -> NamespacePod:
        """Make a pod's namespaces and connect them.

        Raises:
            SandboxError: the kernel refused.

        """
        pod = NamespacePod(spec, self._spawner, await self._namespaces(spec), self._memory, self._pods.discard)
        self._pods.add(pod)
        return pod

    async def _namespaces(self, spec: PodSpec) -> list[int]:
        if spec.host_network:
            return [os.open(f"/proc/self/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC) for kind in ("net", "uts", "ipc")]
        link = "v" + hashlib.blake2s(spec.uid.encode(), digest_size=6).hexdigest()
        reply = await self._spawner.ask("pod", hostname=spec.hostname[:64], link=link, ip=spec.ip)
        made: list[int] = reply["made"]
        return made

    async def close(self) -> None:
        """End every pod and the spawner."""
        await asyncio.gather(*(pod.remove() for pod in tuple(self._pods)))
        self._memory.close()
        await self._spawner.close()
        shutil.rmtree(self._stage, ignore_errors=True)


class NamespacePod:
    """The namespaces that containers of a pod share, held by descriptors."""

    def __init__(
        self,
        spec: PodSpec,
        spawner: Spawner,
        namespaces: list[int],
        memory: MemoryWatch,
        forget: Callable[[NamespacePod], None],
    ) -> None:
        self.spec = spec
        self._spawner = spawner
        self._namespaces = namespaces
        self._memory = memory
        self._forget = forget
        self._containers: set[NamespaceContainer] = set()

    async def start(self, container: ContainerSpec) -> NamespaceContainer:
        """Start a container; returns when its program has been executed.

        Raises:
            SandboxError: the program was not found, or a mount failed; the message says which.

        """
        if not self._namespaces:
            raise SandboxError("the pod has been removed")
        spec = dataclasses.replace(container, env=environment(self.spec, container))
        values: dict[str, object] = {
            "plan": plan_values(self.spec, spec),
            "launch": launch_values(spec, spec.argv, tty=spec.tty),
        }
        pipes = open_pipes(stdin=spec.stdin, tty=spec.tty)
        process, terminal = await launched(self._spawner, "start", pipes, self._namespaces, values)
        started = await NamespaceContainer.begin(spec, self._spawner, process, pipes.ours, terminal)
        self._containers.add(started)
        started.on_end(lambda: self._containers.discard(started))
        if not self._namespaces:
            started.kill()
            raise SandboxError("the pod was removed meanwhile")
        self._memory.add(started)
        return started

    async def connect(self, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to 127.0.0.1:port inside the pod.

        Raises:
            OSError: nobody listens.

        """
        import socket

        reply = await self._spawner.ask("socket", self._namespaces[:1])
        inside = socket.socket(fileno=reply["made"][0])
        inside.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(inside, ("127.0.0.1", port))
        except BaseException:
            inside.close()
            raise
        return await asyncio.open_connection(sock=inside)

    async def remove(self) -> None:
        """End all containers and give up the namespaces; the kernel removes the interface with them."""
        held, self._namespaces = self._namespaces, []
        if not held:
            return
        running = tuple(self._containers)
        for container in running:
            container.kill()
        await asyncio.gather(*(container.wait() for container in running))
        if not self.spec.host_network:
            with contextlib.suppress(SandboxError):  # the way is already forgotten
                await self._spawner.ask("unwire", ip=self.spec.ip)
        for descriptor in held:
            os.close(descriptor)
        self._forget(self)
