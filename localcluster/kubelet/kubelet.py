"""All virtual nodes of one machine, fed by one watch of pods and one of nodes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from localcluster.informer import Informer
from localcluster.kubelet import node_object
from localcluster.kubelet.context import Machine, NodeContext
from localcluster.kubelet.log_rotation import rotate_logs
from localcluster.kubelet.node import Node, Place

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from localcluster.client import Obj

FIRST_PORT = 10250
NODE_ADDRESS = "169.254.1.1"
_POD_RANGE = "10.244"
_LOOPBACK_RANGE = "127.244"  # where the sandbox cannot give pods a network of their own


class Kubelet:
    """Runs nodes `node-1` ... `node-N`."""

    def __init__(self, machine: Machine, count: int, token: str) -> None:
        self._machine = machine
        self._pods = Informer(machine.client, "pods")
        self._objects = Informer(machine.client, "nodes")
        self.nodes = {f"node-{n}": self._node(n, token) for n in range(1, count + 1)}

    async def run(self) -> None:
        """Run until cancelled."""
        self._pods.subscribe(self._on_pod)
        self._objects.subscribe(self._on_node)
        informers = (self._pods, self._objects, *self._machine.sources.informers)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._machine.recorder.run())
            group.create_task(rotate_logs(self._logs))
            for informer in informers:
                group.create_task(informer.run())
            await self._pods.synced()
            for node in self.nodes.values():
                group.create_task(node.run())

    async def close(self, grace: float) -> None:
        """End all pods within `grace` seconds."""
        await asyncio.gather(*(node.close(grace) for node in self.nodes.values()))

    def _node(self, number: int, token: str) -> Node:
        name = f"node-{number}"
        lacks_network = "pod-network" in self._machine.runtime.lacks
        context = NodeContext(
            name=name,
            machine=self._machine,
            address="127.0.0.1" if lacks_network else NODE_ADDRESS,
            labels=node_object.labels(name),
            allocatable=node_object.capacity(self._machine.state),
        )
        prefix = f"{_LOOPBACK_RANGE if lacks_network else _POD_RANGE}.{number}"
        return Node(context, Place(prefix, FIRST_PORT + number, token), lambda: self._bound_to(name))

    def _bound_to(self, name: str) -> list[Obj]:
        return [pod for pod in self._pods.items() if pod["spec"].get("nodeName") == name]

    def _on_pod(self, kind: str, old: Obj | None, new: Obj | None) -> None:
        gone = old is not None and (kind == "DELETED" or new is None or _uid(new) != _uid(old))
        if old is not None and gone and (node := self._owner(old)):
            node.pod_gone(_uid(old))
        if new is not None and kind != "DELETED" and (node := self._owner(new)):
            node.pod_changed(new)

    def _on_node(self, kind: str, old: Obj | None, new: Obj | None) -> None:
        node = self.nodes.get((new or old or {})["metadata"]["name"])
        if node is not None and new is not None and kind != "DELETED":
            node.node_changed(new)
        elif node is not None:
            node.node_deleted()

    def _owner(self, pod: Obj) -> Node | None:
        return self.nodes.get(pod["spec"].get("nodeName") or "")

    def _logs(self) -> Iterable[Path]:
        for node in self.nodes.values():
            for pod in tuple(node.workers.values()):
                for worker in (*pod.init, *pod.main):
                    files = worker.log_files()
                    if files is not None:
                        yield files.log


def _uid(pod: Obj) -> str:
    return str(pod["metadata"]["uid"])
