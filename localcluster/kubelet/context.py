"""What the workers share: the process, the node, the pod."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localcluster.kubelet.ending import Ending

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from localcluster.client import Client, Obj
    from localcluster.kubelet.environment import Surroundings
    from localcluster.kubelet.events import Recorder
    from localcluster.kubelet.images import Images
    from localcluster.kubelet.sources import Sources
    from localcluster.kubelet.volumes import Volume
    from localcluster.sandbox.runtime import Pod, Runtime


@dataclass(frozen=True)
class Machine:
    """What all virtual nodes of this process share."""

    client: Client
    runtime: Runtime
    images: Images
    sources: Sources
    recorder: Recorder
    state: Path
    """The cluster's own folder; pods have theirs in `pods/UID` below it."""


@dataclass
class NodeContext:
    """One virtual node, as its pods see it."""

    name: str
    machine: Machine
    address: str
    labels: Mapping[str, str]
    allocatable: Mapping[str, str]
    working: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while the kubelet of this node works; unset by the node's annotations."""


@dataclass
class PodContext:
    """One pod, as its containers see it."""

    around: Surroundings
    node: NodeContext
    folder: Path
    changed: Callable[[], None]
    """Say that the status may be another one now."""
    sandbox: Pod | None = None
    volumes: Mapping[str, Volume] = field(default_factory=dict)
    ending: Ending = field(default_factory=Ending)

    @property
    def pod(self) -> Obj:
        """The newest version, with the addresses that this node gave it."""
        return self.around.pod

    @property
    def full_name(self) -> str:
        """Name as upstream's events write it: name_namespace(uid)."""
        meta = self.pod["metadata"]
        return f"{meta['name']}_{meta['namespace']}({meta['uid']})"

    def event(self, reason: str, message: str, *, container: str = "", warning: bool = False) -> None:
        """Note an event about this pod, or about a container of it."""
        kind = "Warning" if warning else "Normal"
        init = any(c["name"] == container for c in self.pod["spec"].get("initContainers") or [])
        path = f"spec.{'initContainers' if init else 'containers'}{{{container}}}" if container else ""
        self.node.machine.recorder.pod(self.pod, reason, message, container=path, kind=kind)
