"""The volumes of one pod, as folders below its own."""

from __future__ import annotations

import asyncio
import logging
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from localcluster.client import ApiError
from localcluster.kubelet import atomic, projection
from localcluster.kubelet.claims import claimed_volume
from localcluster.kubelet.projection import VolumeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcluster.client import Obj
    from localcluster.kubelet.environment import Surroundings
    from localcluster.kubelet.sources import Key
    from localcluster.kubelet.tokens import Tokens

log = logging.getLogger(__name__)
_RETRY = 2.0  # seconds, when the API server was away during an update


@dataclass(frozen=True)
class Volume:
    """A folder (or file) of this machine."""

    path: Path
    read_only: bool = False


@dataclass(eq=False)
class Volumes:
    """Sets up the volumes of a pod and keeps those made of ConfigMaps, Secrets and labels up to date."""

    folder: Path
    state: Path
    around: Surroundings
    node_labels: Mapping[str, str]
    tokens: Tokens
    ready: dict[str, Volume] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def prepare(self) -> None:
        """Set up all volumes; calling it again is fine.

        Raises:
            VolumeError: one cannot be set up now.
            ApiError: the server did not answer.

        """
        self.around.sources.watch(self, self._noticed)
        for volume in self.around.pod["spec"].get("volumes") or []:
            self.ready[volume["name"]] = await self._set_up(volume)

    async def follow(self) -> None:
        """Write changes into the volumes, until cancelled."""
        while True:
            await self._wait_for_change()
            self._changed.clear()
            try:
                for volume in self._projected():
                    await self._project(volume)
            except VolumeError as error:
                log.info("volume not updated: %s", error)  # as upstream: what was there stays
            except ApiError as error:
                log.warning("volume not updated: %s", error)
                await asyncio.sleep(_RETRY)
                self._changed.set()

    def pod_changed(self) -> None:
        """Say that the pod's labels or annotations may be others now."""
        if any("downwardAPI" in volume or "projected" in volume for volume in self._projected()):
            self._changed.set()

    def remove(self) -> None:
        """Delete the folders; claims and host paths stay."""
        self.around.sources.unwatch(self)
        shutil.rmtree(self.folder, ignore_errors=True)

    async def _wait_for_change(self) -> None:
        try:
            async with asyncio.timeout(self.tokens.seconds_to_renewal()):
                await self._changed.wait()
        except TimeoutError:
            return

    def _noticed(self, key: Key) -> None:
        if any(key in projection.references(volume, self.around.namespace) for volume in self._projected()):
            self._changed.set()

    def _projected(self) -> list[Obj]:
        volumes = self.around.pod["spec"].get("volumes") or []
        return [volume for volume in volumes if any(kind in volume for kind in projection.KINDS)]

    async def _set_up(self, volume: Obj) -> Volume:
        if "persistentVolumeClaim" in volume:
            ref = volume["persistentVolumeClaim"]
            path = await claimed_volume(self.around.sources, self.around.namespace, ref["claimName"], self.node_labels)
            return Volume(_host_path(path, self.state), bool(ref.get("readOnly")))
        if any(kind in volume for kind in projection.KINDS):
            return Volume(await self._project(volume), read_only=True)
        if "hostPath" in volume:
            return Volume(_host_path(Path(volume["hostPath"]["path"]), self.state))
        if "emptyDir" in volume or volume.keys() == {"name"}:
            return Volume(_empty(self.folder / "empty-dir" / volume["name"]))
        kinds = ", ".join(key for key in volume if key != "name")
        raise VolumeError(f'volume "{volume["name"]}": {kinds} is not supported')

    async def _project(self, volume: Obj) -> Path:
        place: Path = self.folder / "projected" / volume["name"]
        atomic.write(place, await projection.files(volume, self.around, self.tokens))
        return place


def _empty(place: Path) -> Path:
    place.mkdir(parents=True, exist_ok=True)
    place.chmod(0o777)
    return place


def _host_path(path: Path, state: Path) -> Path:
    """Only below the cluster's own folder: the rest of the machine is not a node's disk, and stays out of reach."""
    if not path.resolve().is_relative_to(state.resolve()):
        raise VolumeError(f"path {path} is refused: only what lies below {state} belongs to the nodes")
    path.mkdir(parents=True, exist_ok=True)
    return path
