"""The cluster as controllers see it: one shared cache a resource, and writes that return when the cache has them."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from localcluster.client import ApiError, Client, Obj
from localcluster.controllers.events import Recorder
from localcluster.controllers.kinds import key_of
from localcluster.informer import Informer

# Seconds to wait for a write to come back through the watch. It takes a millisecond; a broken watch must not block us.
_PATIENCE = 2.0


class _Cache:
    """One informer, an index by controlling owner, and those who wait for something to appear in it."""

    def __init__(self, client: Client, resource: str) -> None:
        self.informer = Informer(client, resource)
        self.version = 0
        self.owned: dict[str, dict[tuple[str, str], Obj]] = {}
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []
        self.informer.subscribe(self._changed)

    async def until(self, seen: Callable[[], bool]) -> None:
        if seen():
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (seen, future)
        self._waiting.append(entry)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE):
                    await future
        finally:
            if entry in self._waiting:
                self._waiting.remove(entry)

    def _changed(self, _kind: str, old: Obj | None, new: Obj | None) -> None:
        self._index(_kind, old, new)
        if new is not None:
            self.version = max(self.version, int(new["metadata"]["resourceVersion"]))
        for entry in [entry for entry in self._waiting if entry[0]()]:
            self._waiting.remove(entry)
            if not entry[1].done():
                entry[1].set_result(None)

    def _index(self, kind: str, old: Obj | None, new: Obj | None) -> None:
        if old is not None and (owner := controller_uid(old)) and owner in self.owned:
            self.owned[owner].pop(key_of(old), None)
            if not self.owned[owner]:
                del self.owned[owner]
        if new is not None and kind != "DELETED" and (owner := controller_uid(new)):
            self.owned.setdefault(owner, {})[key_of(new)] = new


class Cluster:
    """What controllers share. Objects read from it are the cache itself: copy before changing."""

    def __init__(self, client: Client, metrics: Client | None = None) -> None:
        self.client = client
        self.metrics = metrics or client
        """Who serves metrics.k8s.io: an aggregated API, which a client inside the API process does not reach."""
        self.events = Recorder(client)
        self._caches: dict[str, _Cache] = {}

    def informer(self, resource: str) -> Informer:
        """Give the shared informer, making it on first use (before `run`)."""
        return self._cache(resource).informer

    def get(self, resource: str, namespace: str | None, name: str) -> Obj | None:
        """Read one object from the cache."""
        return self.informer(resource).get(namespace, name)

    def items(self, resource: str, namespace: str | None = None) -> list[Obj]:
        """Read all objects, or those of one namespace, from the cache."""
        found = self.informer(resource).items()
        return found if namespace is None else [obj for obj in found if obj["metadata"].get("namespace") == namespace]

    def owned(self, resource: str, owner: Obj) -> list[Obj]:
        """Read what this object controls (the ownerReference with `controller: true`) from the cache."""
        return list(self._cache(resource).owned.get(owner["metadata"]["uid"], {}).values())

    async def create(self, resource: str, obj: Obj) -> Obj:
        """Create an object; raises ApiError."""
        return await self._seen(resource, await self.client.create(resource, obj))

    async def update(self, resource: str, obj: Obj, *, subresource: str = "") -> Obj:
        """Replace an object; raises ApiError, 409 when it changed since it was read."""
        return await self._seen(resource, await self.client.update(resource, obj, subresource=subresource))

    async def patch(self, resource: str, obj: Obj, patch: Obj, *, subresource: str = "") -> Obj:
        """Merge-patch an object; raises ApiError."""
        namespace, name = key_of(obj)
        done = await self.client.patch(resource, name, patch, namespace or None, subresource=subresource)
        return await self._seen(resource, done)

    async def set_status(self, resource: str, obj: Obj, status: Obj) -> Obj:
        """Write a status unless it is there already; raises ApiError, 409 when the object changed since it was read."""
        if obj.get("status") == status:
            return obj
        return await self.update(resource, {**obj, "status": status}, subresource="status")

    async def delete(
        self, resource: str, obj: Obj, *, grace: int | None = None, propagation: str | None = None
    ) -> None:
        """Delete this very object (its uid counts); one that is gone or replaced already is fine."""
        namespace, name = key_of(obj)
        uid = obj["metadata"]["uid"]
        try:
            await self.client.delete(resource, name, namespace or None, grace=grace, uid=uid, propagation=propagation)
        except ApiError as error:
            if error.code not in (404, 409):
                raise
        cache = self._caches.get(resource)
        if cache is not None:
            await cache.until(lambda: _going(cache.informer.get(namespace, name), uid))

    async def until(self, resource: str, seen: Callable[[], bool]) -> None:
        """Wait until something is to be seen in a cache; gives up after two seconds, as others may write too."""
        await self._cache(resource).until(seen)

    async def run(self) -> None:
        """Keep all caches and write events until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.events.run())
            for cache in self._caches.values():
                tasks.create_task(cache.informer.run())

    async def synced(self) -> None:
        """Wait until every cache has its first list."""
        for cache in list(self._caches.values()):
            await cache.informer.synced()

    def _cache(self, resource: str) -> _Cache:
        if resource not in self._caches:
            self._caches[resource] = _Cache(self.client, resource)
        return self._caches[resource]

    async def _seen(self, resource: str, written: Obj) -> Obj:
        cache = self._caches.get(resource)
        if cache is not None:
            version = int(written["metadata"].get("resourceVersion") or 0)
            await cache.until(lambda: cache.version >= version or _has(cache, written, version))
        return written


def controller_uid(obj: Obj) -> str:
    """Give the uid of the controlling owner, or nothing."""
    for reference in obj["metadata"].get("ownerReferences") or ():
        if reference.get("controller"):
            return str(reference["uid"])
    return ""


def _has(cache: _Cache, written: Obj, version: int) -> bool:
    found = cache.informer.get(*key_of(written))
    return found is not None and int(found["metadata"]["resourceVersion"]) >= version


def _going(found: Obj | None, uid: str) -> bool:
    return found is None or found["metadata"]["uid"] != uid or "deletionTimestamp" in found["metadata"]
