"""Volumes whose claim is gone: Released, and with the policy Delete erased."""

import asyncio
from pathlib import Path

from localcluster.client import Obj
from localcluster.controllers import local_path
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.controller import Controller
from localcluster.controllers.scheduler.claims import PV, PVC

_PROTECTION = "kubernetes.io/pv-protection"


class VolumeReclaim(Controller):
    """Works on volumes."""

    name = "persistentvolume-controller"

    def __init__(self, cluster: Cluster, volumes: Path) -> None:
        super().__init__(cluster)
        self._volumes = volumes
        self.follow_self(PV)
        self.follow(PVC, lambda one: [("", one["spec"]["volumeName"])] if one["spec"].get("volumeName") else [])

    async def sync(self, _: str, name: str) -> None:
        """Bring a volume's phase up to date, and erase it when its time has come."""
        volume = self.cluster.get(PV, None, name)
        if volume is None:
            return
        phase = (volume.get("status") or {}).get("phase")
        reference = volume["spec"].get("claimRef")
        if not reference:
            if phase not in ("Available", "Released", "Failed"):
                volume = await self.cluster.set_status(PV, volume, {"phase": "Available"})
        elif reference.get("uid") and not self._is_held(reference):
            await self._release(volume)
            return
        if "deletionTimestamp" in volume["metadata"] and not (reference and self._is_held(reference)):
            await self._let_go(volume)

    def _is_held(self, reference: Obj) -> bool:
        claim = self.cluster.get(PVC, reference["namespace"], reference["name"])
        return claim is not None and claim["metadata"]["uid"] == reference["uid"]

    async def _release(self, volume: Obj) -> None:
        if not await self._really_gone(volume["spec"]["claimRef"]):
            self.queue.add_after(("", volume["metadata"]["name"]), 0.1)
            return
        if (volume.get("status") or {}).get("phase") not in ("Released", "Failed"):
            volume = await self.cluster.set_status(PV, volume, {"phase": "Released"})
        wanted = volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete"
        if wanted and local_path.is_ours(volume) and not await self._erase(volume):
            return
        if wanted and local_path.is_ours(volume):
            await self.cluster.delete(PV, volume)
        current = self.cluster.get(PV, None, volume["metadata"]["name"])
        if current is not None and "deletionTimestamp" in current["metadata"]:
            await self._let_go(current)

    async def _really_gone(self, reference: Obj) -> bool:
        """Ask the server: a claim made a moment ago may not be in our cache yet, and erasing cannot be undone."""
        found, _ = await self.cluster.client.list(PVC, reference["namespace"])
        return all(one["metadata"]["uid"] != reference["uid"] for one in found)

    async def _erase(self, volume: Obj) -> bool:
        try:
            await asyncio.to_thread(local_path.erase, volume, self._volumes)
        except OSError as error:
            self.tell(volume, "Warning", "VolumeFailedDelete", str(error))
            await self.cluster.set_status(PV, volume, {"phase": "Failed", "message": str(error)})
            return False
        return True

    async def _let_go(self, volume: Obj) -> None:
        kept = [one for one in volume["metadata"].get("finalizers") or () if one != _PROTECTION]
        if kept != (volume["metadata"].get("finalizers") or []):
            await self.cluster.patch(PV, volume, {"metadata": {"finalizers": kept}})
