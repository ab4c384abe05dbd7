"""Events: what a controller tells people about an object, counted when it repeats itself."""

import asyncio
import logging
import time
from collections import OrderedDict

from localcluster.client import ApiError, Client, Obj
from localcluster.controllers import clock

log = logging.getLogger(__name__)
_REMEMBERED = 4096  # distinct events whose repetition is recognised, as upstream's cache
_BURST, _REFILL = 25.0, 1 / 300  # events an object may have at once, and a second, as upstream's spam filter


class Recorder:
    """Writes Events behind the caller's back: a slow or refused write never holds up a controller."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._queue: asyncio.Queue[Obj] = asyncio.Queue(maxsize=10_000)
        self._known: OrderedDict[tuple[str, ...], Obj] = OrderedDict()
        self._tokens: OrderedDict[tuple[str, ...], tuple[float, float]] = OrderedDict()

    def record(self, about: Obj, kind: str, reason: str, message: str, *, component: str) -> None:
        """Tell of `kind` Normal or Warning; the reason is one CamelCase word."""
        if not self._queue.full() and self._allowed(about["metadata"].get("uid", ""), component):
            self._queue.put_nowait(_event(about, kind, reason, message[:1024], component))

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            event = await self._queue.get()
            try:
                await self._write(event)
            except ApiError as error:
                log.debug("event %s about %s: %s", event["reason"], event["involvedObject"]["name"], error)
            except Exception:
                log.exception("event %s was lost", event["reason"])

    def _allowed(self, *source: str) -> bool:
        moment = time.monotonic()
        tokens, since = self._tokens.pop(source, (_BURST, moment))
        tokens = min(_BURST, tokens + (moment - since) * _REFILL)
        self._tokens[source] = (max(tokens - 1, 0), moment)
        if len(self._tokens) > _REMEMBERED:
            self._tokens.popitem(last=False)
        return tokens >= 1

    async def _write(self, event: Obj) -> None:
        key = _identity(event)
        known = self._known.pop(key, None)
        if known is not None:
            known = await self._count(known, event["lastTimestamp"])
        self._known[key] = known or await self._client.create("events", event)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    async def _count(self, known: Obj, moment: str) -> Obj | None:
        patch = {"count": known["count"] + 1, "lastTimestamp": moment}
        meta = known["metadata"]
        try:
            return await self._client.patch("events", meta["name"], patch, meta["namespace"])
        except ApiError as error:
            if error.code == 404:
                return None
            raise


def _identity(event: Obj) -> tuple[str, ...]:
    about = event["involvedObject"]
    return about.get("uid", ""), about["kind"], about["name"], event["type"], event["reason"], event["message"]


def _event(about: Obj, kind: str, reason: str, message: str, component: str) -> Obj:
    meta = about["metadata"]
    namespace = meta.get("namespace") or "default"
    moment = clock.stamp()
    involved = {
        "apiVersion": about["apiVersion"],
        "kind": about["kind"],
        "name": meta["name"],
        "namespace": meta.get("namespace"),
        "uid": meta.get("uid"),
        "resourceVersion": meta.get("resourceVersion"),
    }
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{meta['name']}.{time.time_ns():x}", "namespace": namespace},
        "involvedObject": {key: value for key, value in involved.items() if value},
        "type": kind,
        "reason": reason,
        "message": message,
        "source": {"component": component},
        "reportingComponent": component,
        "reportingInstance": "",
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }
