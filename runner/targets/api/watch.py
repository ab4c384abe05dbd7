"""Changes of objects as they happen: list, watch, and list again whenever the stream breaks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio

from runner.core.errors import Unreachable
from runner.core.target import ApiRefused, Change, Obj
from runner.targets.api.session import Session

# The server ends a watch after this many seconds and we start the next: a dead connection is noticed within it.
_ROUND = 60
# A watch outlives an API server that restarts, but not one that is gone.
_PATIENCE = 60.0


class Watch:
    """One watch of a collection, which resyncs by itself; present objects come first, as ADDED."""

    def __init__(self, session: Session, path: str, api_version: str, kind: str, selector: str) -> None:
        self._session = session
        self._path = path
        self._type = {"apiVersion": api_version, "kind": kind}
        self._query = {"labelSelector": selector} if selector else {}
        self._known: dict[str, Obj] = {}

    async def changes(self) -> AsyncIterator[Change]:
        """Changes until the caller stops; raises Unreachable when the API is away for a minute."""
        lost_at: float | None = None
        pause = 0.05
        while True:
            try:
                version, news = await self._resync()
                lost_at, pause = None, 0.05
                for change in news:
                    yield change
                async for change in self._stream(version):
                    yield change
            except (Unreachable, ApiRefused) as error:
                lost_at = anyio.current_time() if lost_at is None else lost_at
                if anyio.current_time() - lost_at > _PATIENCE or (not self._known and isinstance(error, ApiRefused)):
                    raise
                await anyio.sleep(pause)
                pause = min(pause * 2, 1.0)

    async def _resync(self) -> tuple[str, list[Change]]:
        listed = (await self._session.request("GET", self._path, query=self._query)).json()
        items = {item["metadata"]["uid"]: {**self._type, **item} for item in listed["items"]}
        news = list(self._differences(items))
        self._known = items
        return listed["metadata"]["resourceVersion"], news

    def _differences(self, items: dict[str, Obj]) -> Iterator[Change]:
        now = anyio.current_time()
        for uid, item in self._known.items():
            if uid not in items:
                yield Change("DELETED", item, now)
        for uid, item in items.items():
            before = self._known.get(uid)
            if before is None:
                yield Change("ADDED", item, now)
            elif before["metadata"]["resourceVersion"] != item["metadata"]["resourceVersion"]:
                yield Change("MODIFIED", item, now)

    async def _stream(self, version: str) -> AsyncIterator[Change]:
        query = {**self._query, "watch": "true", "resourceVersion": version, "timeoutSeconds": str(_ROUND)}
        async for line in self._session.lines(self._path, query, silence=_ROUND + 10.0):
            if not line.strip():
                continue
            event = json.loads(line)
            if event["type"] not in ("ADDED", "MODIFIED", "DELETED"):
                return  # ERROR 410: what came meanwhile is found by the next list
            yield self._kept(event)

    def _kept(self, event: Any) -> Change:
        item = event["object"]
        if event["type"] == "DELETED":
            self._known.pop(item["metadata"]["uid"], None)
        else:
            self._known[item["metadata"]["uid"]] = item
        return Change(event["type"], item, anyio.current_time())
