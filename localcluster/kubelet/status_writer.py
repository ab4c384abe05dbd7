"""Writes the status of one pod: at once, and what changes meanwhile together."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from localcluster.client import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcluster.client import Client, Obj

log = logging.getLogger(__name__)
_RETRY = 1.0  # seconds after a refusal


class StatusWriter:
    """Patches what differs from the last patch; waits while the kubelet is stopped."""

    def __init__(self, client: Client, pod: Obj, gate: asyncio.Event, compute: Callable[[], Obj]) -> None:
        self._client = client
        self._meta = pod["metadata"]
        self._gate = gate
        self._compute = compute
        self._dirty = asyncio.Event()
        self._written: Obj = {}
        self._writing = asyncio.Lock()

    def changed(self) -> None:
        """Say that the status may be another one now."""
        self._dirty.set()

    def forget(self) -> None:
        """Write everything again, as somebody else may have changed it."""
        self._written = {}
        self._dirty.set()

    async def run(self) -> None:
        """Write changes until cancelled or the pod is gone."""
        while True:
            await self._dirty.wait()
            await self._gate.wait()
            self._dirty.clear()
            try:
                await self.write()
            except ApiError as error:
                if error.code in (404, 409):  # gone, or another pod of this name
                    return
                log.warning("status of pod %s not written: %s", self._meta["name"], error)
                await asyncio.sleep(_RETRY)
                self._dirty.set()

    async def write(self) -> None:
        """Write once, if there is something to write.

        Raises:
            ApiError: the server refused.

        """
        async with self._writing:
            change = {key: value for key, value in self._compute().items() if self._written.get(key) != value}
            if not change:
                return
            # the uid makes the server refuse when another pod of this name is there by now
            patch = {"metadata": {"uid": self._meta["uid"]}, "status": change}
            await self._client.patch("pods", self._meta["name"], patch, self._meta["namespace"], subresource="status")
            self._written |= change
