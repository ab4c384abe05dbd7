"""The client for those who live in the API process."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

from localcluster.apiserver import errors, subresources
from localcluster.apiserver.deletion import DeleteOptions
from localcluster.apiserver.registry import Options, Registry
from localcluster.apiserver.resources import BY_KEY, Resource
from localcluster.client import MERGE_PATCH, Obj, Patch


class LocalClient:
    """The verbs of `localcluster.client.Client` straight on the registry; everything given back is a copy."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def get(self, resource: str, name: str, namespace: str | None = None) -> Obj:
        """Read one object."""
        return self._registry.get(_resource(resource), namespace, name).copy()

    async def list(
        self, resource: str, namespace: str | None = None, *, label_selector: str = "", field_selector: str = ""
    ) -> tuple[list[Obj], str]:
        """Read many, with the resourceVersion to watch from."""
        scope = self._registry.scope(_resource(resource), namespace, label_selector, field_selector)
        found, version = self._registry.list(scope)
        return [one.copy() for one in found], str(version)

    async def watch(
        self,
        resource: str,
        namespace: str | None = None,
        *,
        resource_version: str,
        label_selector: str = "",
        field_selector: str = "",
    ) -> AsyncIterator[tuple[str, Obj]]:
        """Yield events for ever."""
        scope = self._registry.scope(_resource(resource), namespace, label_selector, field_selector)
        watcher = self._registry.watch(scope, int(resource_version))
        try:
            while True:
                for kind, entry in await watcher.next():
                    yield kind, entry.copy()
        finally:
            watcher.close()

    async def create(self, resource: str, obj: Obj, namespace: str | None = None) -> Obj:
        """Create; `pods/eviction` and the like take the name from the object."""
        await asyncio.sleep(0)  # a controller that writes in a loop must let the server answer in between
        resource, _, subresource = resource.partition("/")
        meta = obj.get("metadata") or {}
        namespace = namespace or meta.get("namespace")
        if subresource:
            where = (_resource(resource), namespace, meta["name"])
            return subresources.post(self._registry, where, subresource, _copy(obj), Options())
        return self._registry.create(_resource(resource), namespace, _copy(obj), Options()).copy()

    async def update(self, resource: str, obj: Obj, *, subresource: str = "") -> Obj:
        """Replace the object, or one subresource of it."""
        await asyncio.sleep(0)
        meta = obj["metadata"]
        where = (_resource(resource), meta.get("namespace"), meta["name"])
        return subresources.put(self._registry, where, subresource, _copy(obj), Options())

    async def patch(
        self,
        resource: str,
        name: str,
        patch: Patch,
        namespace: str | None = None,
        *,
        subresource: str = "",
        content_type: str = MERGE_PATCH,
    ) -> Obj:
        """Patch the object, or one subresource of it."""
        await asyncio.sleep(0)
        where = (_resource(resource), namespace, name)
        return subresources.patch(self._registry, where, subresource, (_copy(patch), content_type), Options())

    async def delete(
        self,
        resource: str,
        name: str,
        namespace: str | None = None,
        *,
        grace: int | None = None,
        uid: str | None = None,
        propagation: str | None = None,
    ) -> None:
        """Delete one object."""
        await asyncio.sleep(0)
        options = DeleteOptions(grace, uid, None, propagation)
        self._registry.delete(_resource(resource), namespace, name, options)


def _resource(name: str) -> Resource:
    found = BY_KEY.get(name)
    if found is None:
        raise errors.no_such_resource()
    return found


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value))
