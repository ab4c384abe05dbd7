"""Events about pods: written in the background, counted when they repeat."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from localcluster.client import ApiError
from localcluster.kubelet import clock

if TYPE_CHECKING:
    from localcluster.client import Client, Obj

log = logging.getLogger(__name__)
_WAITING = 1000  # events that wait to be written; more are dropped, as upstream does
_REMEMBERED = 500  # events whose repetitions are counted


class Recorder:
    """Writes Events as component kubelet."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._queue: asyncio.Queue[Obj] = asyncio.Queue(_WAITING)
        self._seen: OrderedDict[tuple[str, ...], Obj] = OrderedDict()

    def pod(self, pod: Obj, reason: str, message: str, *, container: str = "", kind: str = "Normal") -> None:
        """Note an event; `kind` is Normal or Warning, `container` a field path such as `spec.containers{web}`."""
        try:
            self._queue.put_nowait(_event(pod, reason, message, container, kind))
        except asyncio.QueueFull:
            log.warning("event dropped: %s %s", reason, message)

    async def run(self) -> None:
        """Write what was noted, until cancelled."""
        while True:
            event = await self._queue.get()
            try:
                await self._write(event)
            except ApiError as error:
                log.debug("event %s not written: %s", event["reason"], error)

    async def _write(self, event: Obj) -> None:
        about = event["involvedObject"]
        key = (about["uid"], about.get("fieldPath", ""), event["reason"], event["message"])
        known = self._seen.get(key)
        if known is None:
            self._remember(key, await self._client.create("events", event))
            return
        known["count"] += 1
        change = {"count": known["count"], "lastTimestamp": event["lastTimestamp"]}
        meta = known["metadata"]
        try:
            await self._client.patch("events", meta["name"], change, meta["namespace"])
        except ApiError as error:
            if error.code != 404:
                raise
            self._remember(key, await self._client.create("events", event | {"count": known["count"]}))

    def _remember(self, key: tuple[str, ...], event: Obj) -> None:
        kept = {name: event["metadata"][name] for name in ("name", "namespace")}
        self._seen[key] = {"metadata": kept, "count": event.get("count", 1)}
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)


def _event(pod: Obj, reason: str, message: str, container: str, kind: str) -> Obj:
    meta, node, moment = pod["metadata"], pod["spec"].get("nodeName", ""), clock.now()
    about = {"kind": "Pod", "apiVersion": "v1", **{key: meta[key] for key in ("namespace", "name", "uid")}}
    about |= {"fieldPath": container} if container else {}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{meta['name']}.{time.time_ns():x}", "namespace": meta["namespace"]},
        "involvedObject": about,
        "reason": reason,
        "message": message,
        "type": kind,
        "source": {"component": "kubelet", "host": node},
        "reportingComponent": "kubelet",
        "reportingInstance": node,
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }
