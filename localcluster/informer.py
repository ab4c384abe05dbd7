"""A cache of one resource that follows the API server."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Any

from localcluster.client import ApiError, Client, Obj
from localcluster.selectors import Selector, from_label_selector, from_labels, parse

log = logging.getLogger(__name__)
Callback = Callable[[str, Obj | None, Obj | None], None]
Key = tuple[str, str]
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0  # seconds between tries while the server refuses or is away


class Informer:
    """List, then watch, and list again when the watch breaks or is too old.

    What `get`, `items`, `select` and callbacks hand out is the cache itself: copy it before you change it.
    Callbacks get (ADDED, MODIFIED or DELETED, old, new), in order, on the event loop. They must not block; their errors
    are logged.
    """

    def __init__(
        self, client: Client, resource: str, namespace: str | None = None, *, field_selector: str = ""
    ) -> None:
        self.resource = resource
        self._client = client
        self._namespace = namespace
        self._field_selector = field_selector
        self._cache: dict[Key, Obj] = {}
        self._callbacks: list[Callback] = []
        self._synced = asyncio.Event()
        self._version = ""

    async def run(self) -> None:
        """Follow until cancelled; nothing else ends it."""
        pause = _FIRST_PAUSE
        while True:
            try:
                if not self._version:
                    await self._relist()
                pause = _FIRST_PAUSE
                await self._follow()
                await asyncio.sleep(0)  # a server that ends each watch at once must not freeze the loop
            except ApiError as error:
                self._version = ""
                if error.code == 410:
                    continue
                log.warning("%s: %s; again in %.1f s", self.resource, error, pause)
            except Exception:
                self._version = ""
                log.exception("%s: the watch broke; again in %.1f s", self.resource, pause)
            else:
                continue
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    async def synced(self) -> None:
        """Wait until the first list is in the cache and was told to the subscribers."""
        await self._synced.wait()

    def get(self, namespace: str | None, name: str) -> Obj | None:
        """Give one object; None as namespace for what has no namespace."""
        return self._cache.get((namespace or "", name))

    def items(self) -> list[Obj]:
        """Give all objects, in no order to rely on."""
        return list(self._cache.values())

    def select(self, namespace: str | None, selector: str | Mapping[str, Any] | Selector) -> list[Obj]:
        """Give what the selector matches, in one namespace or (None) in all.

        The selector is text (`app=web,tier!=db`), a LabelSelector object, a plain label map as a Service has, or a
        ready Selector. An empty one matches everything.
        """
        ready = _selector(selector)
        return [
            obj
            for (where, _), obj in self._cache.items()
            if (namespace is None or where == namespace) and ready.matches(obj["metadata"].get("labels"))
        ]

    def subscribe(self, callback: Callback) -> None:
        """Call back on each change from now on; what is in the cache already is told at once as ADDED."""
        self._callbacks.append(callback)
        for obj in self.items():
            self._call(callback, "ADDED", None, obj)

    async def _relist(self) -> None:
        found, version = await self._client.list(self.resource, self._namespace, field_selector=self._field_selector)
        fresh = {_key(obj): obj for obj in found}
        for key in self._cache.keys() - fresh.keys():
            self._forget(key)
        for obj in fresh.values():
            self._store(obj)
        self._version = version
        self._synced.set()

    async def _follow(self) -> None:
        stream = self._client.watch(
            self.resource, self._namespace, resource_version=self._version, field_selector=self._field_selector
        )
        async for kind, obj in stream:
            if kind == "DELETED":
                self._forget(_key(obj), obj)
            elif kind != "BOOKMARK":
                self._store(obj)
            self._version = obj["metadata"]["resourceVersion"]

    def _store(self, obj: Obj) -> None:
        key = _key(obj)
        old = self._cache.get(key)
        if old is not None and old["metadata"]["resourceVersion"] == obj["metadata"]["resourceVersion"]:
            return
        self._cache[key] = obj
        self._tell("MODIFIED" if old else "ADDED", old, obj)

    def _forget(self, key: Key, last: Obj | None = None) -> None:
        old = self._cache.pop(key, None)
        if old is not None:
            self._tell("DELETED", old, last)

    def _tell(self, kind: str, old: Obj | None, new: Obj | None) -> None:
        for callback in list(self._callbacks):
            self._call(callback, kind, old, new)

    def _call(self, callback: Callback, kind: str, old: Obj | None, new: Obj | None) -> None:
        try:
            callback(kind, old, new)
        except Exception:
            log.exception("%s: a subscriber failed on %s", self.resource, kind)


def _key(obj: Obj) -> Key:
    return obj["metadata"].get("namespace") or "", obj["metadata"]["name"]


def _selector(selector: str | Mapping[str, Any] | Selector) -> Selector:
    if isinstance(selector, Selector):
        return selector
    if isinstance(selector, str):
        return parse(selector)
    if selector.keys() <= {"matchLabels", "matchExpressions"}:
        return from_label_selector(selector)
    return from_labels(selector)
