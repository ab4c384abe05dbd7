"""An object store that answers as an API server does: uids, versions, 404, 409, selectors, watches."""

from __future__ import annotations

import copy
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import anyio

from runner.core.errors import Unreachable
from runner.core.selectors import matches
from runner.core.target import ApiRefused, Change, Obj

EPOCH = 1_780_000_000.0
"""The fake API server's clock when the loop's says 0: some moment of 2026, UTC seconds."""
_CLUSTER_WIDE = frozenset({"Node", "Namespace", "StorageClass", "IngressClass", "PersistentVolume", "NodeMetrics"})


@dataclass
class FakeObjects:
    """The part of `core.target.Cluster` that is about objects; what is special about pods comes on top."""

    namespace: str = "shop"
    unreachable: str = ""
    """When it holds a sentence, every call raises Unreachable with it."""
    refuse: dict[str, ApiRefused] = field(default_factory=dict)
    """Errors by the start of a call as it stands in `calls`, such as `create Pod`."""
    objects: dict[tuple[str, str, str], Obj] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    """What was asked for, such as `delete Pod web-0`."""
    _ids: Any = field(default_factory=lambda: itertools.count(1))
    _watchers: list[Any] = field(default_factory=list)

    def add(
        self, kind: str, name: str, *, namespace: str | None = None, labels: dict[str, str] | None = None, **parts: Any
    ) -> Obj:
        """Put an object there, as if it had always been: `spec`, `status`, `data`, …"""  # noqa: D400, D415 - an ellipsis ends it
        metadata = {"name": name, "labels": labels or {}, "namespace": namespace}
        return self._store({"kind": kind, "metadata": metadata, **parts})

    def change(self, kind: str, name: str, **status: Any) -> None:
        """Change the status of an object."""
        stored = self._of(kind, name)
        stored.setdefault("status", {}).update(status)
        self._touched(stored)

    async def get(self, kind: str, name: str, namespace: str | None = None) -> Obj | None:
        """See `core.target.Cluster`, as for every method below."""
        self._called(f"get {kind} {name}")
        return copy.deepcopy(self.objects.get(self._key(kind, name, namespace)))

    async def list(self, kind: str, selector: str = "", *, namespace: str | None = None, fields: str = "") -> list[Obj]:
        """All that match, in the order in which they came."""
        self._called(f"list {kind} {selector}{fields}".rstrip())
        plain, place = _plain(kind), namespace or self.namespace
        return [
            copy.deepcopy(one)
            for (its, where, _), one in self.objects.items()
            if its == plain and (plain in _CLUSTER_WIDE or where == place) and fits(one, selector, fields)
        ]

    async def apply(self, manifest: Obj) -> str:
        """Create or merge."""
        metadata = manifest["metadata"]
        self._called(f"apply {manifest['kind']} {metadata['name']}")
        live = self.objects.get(self._key(manifest["kind"], metadata["name"], metadata.get("namespace")))
        if live is None:
            self._store(copy.deepcopy(manifest))
            return "created"
        before = copy.deepcopy(live)
        _merge(live, {key: value for key, value in manifest.items() if key not in ("kind", "apiVersion")})
        if live == before:
            return "unchanged"
        self._touched(live)
        return "configured"

    async def create(self, manifest: Obj, *, dry_run: bool = False) -> Obj:
        """Create; 409 when it is there."""
        kind, metadata = manifest["kind"], manifest["metadata"]
        self._called(f"create {kind} {metadata['name']}")
        if self._key(kind, metadata["name"], metadata.get("namespace")) in self.objects:
            raise ApiRefused(409, "AlreadyExists", f'{kind} "{metadata["name"]}" already exists')
        made = copy.deepcopy(manifest)
        return made if dry_run else copy.deepcopy(self._store(made))

    async def patch(
        self, kind: str, name: str, patch: Obj, namespace: str | None = None, *, subresource: str = ""
    ) -> Obj:
        """Merge patch."""
        self._called(f"patch {kind} {name} {subresource}".rstrip())
        stored = self._of(kind, name, namespace)
        _merge(stored, patch)
        stored["metadata"]["generation"] += 1
        self._touched(stored)
        return copy.deepcopy(stored)

    async def delete(
        self,
        kind: str,
        name: str,
        namespace: str | None = None,
        *,
        grace: float | None = None,
        uid: str | None = None,
    ) -> bool:
        """Delete at once; 409 when it is another one."""
        self._called(f"delete {kind} {name}")
        stored = self.objects.get(self._key(kind, name, namespace))
        if stored is None:
            return False
        if uid is not None and stored["metadata"]["uid"] != uid:
            raise ApiRefused(409, "Conflict", f"the UID in the precondition ({uid}) does not match")
        self._end(stored, grace)
        return True

    async def watch(self, kind: str, selector: str = "", *, namespace: str | None = None) -> AsyncIterator[Change]:
        """What is there, then what happens."""
        send, receive = anyio.create_memory_object_stream[Change](1000)
        self._watchers.append((_plain(kind), selector, send))
        for one in await self.list(kind, selector, namespace=namespace):
            yield Change("ADDED", one, anyio.current_time())
        async for change in receive:
            yield change

    async def time(self) -> float:
        """The server's clock."""
        self._called("time")
        return EPOCH + float(int(anyio.current_time()))

    async def close(self) -> None:
        """Nothing to give back."""
        self._called("close")

    def _end(self, stored: Obj, grace: float | None) -> None:  # noqa: ARG002 - only pods take their time
        self._remove(stored)

    def _called(self, what: str) -> None:
        self.calls.append(what)
        if self.unreachable:
            raise Unreachable(self.unreachable)
        for start, error in self.refuse.items():
            if what.startswith(start):
                raise error

    def _key(self, kind: str, name: str, namespace: str | None) -> tuple[str, str, str]:
        plain = _plain(kind)
        return plain, "" if plain in _CLUSTER_WIDE else namespace or self.namespace, name

    def _of(self, kind: str, name: str, namespace: str | None = None) -> Obj:
        stored = self.objects.get(self._key(kind, name, namespace))
        if stored is None:
            raise ApiRefused(404, "NotFound", f'{_plain(kind)} "{name}" not found')
        return stored

    def _store(self, made: Obj) -> Obj:
        metadata = made["metadata"]
        key = self._key(made["kind"], metadata["name"], metadata.get("namespace"))
        number = next(self._ids)
        metadata |= {"namespace": key[1], "uid": f"uid-{number}", "resourceVersion": str(number), "generation": 1}
        self.objects[key] = made
        self._tell("ADDED", made)
        return made

    def _touched(self, stored: Obj) -> None:
        stored["metadata"]["resourceVersion"] = str(next(self._ids))
        self._tell("MODIFIED", stored)

    def _tell(self, what: str, stored: Obj) -> None:
        for kind, selector, send in self._watchers:
            if kind == stored["kind"] and fits(stored, selector, ""):
                send.send_nowait(Change(what, copy.deepcopy(stored), anyio.current_time()))

    def _remove(self, stored: Obj) -> None:
        metadata = stored["metadata"]
        key = self._key(stored["kind"], metadata["name"], metadata["namespace"])
        if self.objects.get(key) is stored:
            del self.objects[key]
            self._tell("DELETED", stored)


def stamp(seconds: float) -> str:
    """UTC seconds as Kubernetes writes them."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def fits(one: Obj, selector: str, fields: str) -> bool:
    """Whether an object matches a label selector and a field selector (of which only the name is known)."""
    metadata = one["metadata"]
    named = not fields or f"metadata.name={metadata['name']}" in fields.split(",")
    return named and matches(selector, metadata.get("labels") or {})


def _plain(kind: str) -> str:
    return kind.rpartition("/")[2].partition(".")[0]


def _merge(stored: Obj, patch: Obj) -> None:
    """A JSON merge patch (RFC 7386)."""
    for key, value in patch.items():
        if value is None:
            stored.pop(key, None)
        elif isinstance(value, dict) and isinstance(stored.get(key), dict):
            _merge(stored[key], value)
        else:
            stored[key] = copy.deepcopy(value)
