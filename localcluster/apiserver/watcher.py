"""One watch: the changes of a resource that its selectors let through, as a queue."""

import asyncio
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from localcluster.apiserver import fields
from localcluster.apiserver.errors import expired
from localcluster.apiserver.store import Entry, Event, Store
from localcluster.selectors import Selector

_LONGEST_QUEUE = 10_000  # a reader that far behind must list again


@dataclass(frozen=True, slots=True)
class Scope:
    """What a list or watch asks for: a resource, perhaps one namespace, and two selectors."""

    resource: str
    namespace: str | None
    labels: Selector
    fields: Selector

    def covers(self, entry: Entry | None) -> bool:
        """Judge one version of an object."""
        if entry is None or (self.namespace is not None and entry.key[0] != self.namespace):
            return False
        if not self.labels.requirements and not self.fields.requirements:
            return True
        return fields.matches(entry.obj, self.labels, self.fields)


class Watcher:
    """A queue of (type, entry); close it when done."""

    def __init__(self, store: Store, scope: Scope, version: int | None) -> None:
        """Begin after a version, or (None) with what is there now as ADDED; raises ApiError 410."""
        self._store, self._scope = store, scope
        self._queue: deque[tuple[str, Entry]] = deque()
        self._arrived = asyncio.Event()
        self._overrun = False
        if version is None:
            self._queue.extend(
                ("ADDED", one) for one in store.all(scope.resource, scope.namespace) if scope.covers(one)
            )
        else:
            for event in store.since(scope.resource, version):
                self._push(event)
        self.version = store.version
        store.listen(scope.resource, self._push)

    def close(self) -> None:
        """Stop collecting."""
        self._store.unlisten(self._scope.resource, self._push)

    async def next(self) -> list[tuple[str, Entry]]:
        """Wait for changes and give all that there are; raises ApiError 410 when the reader was too slow."""
        while not self._queue:
            self._raise_if_overrun()
            self._arrived.clear()
            await self._arrived.wait()
        return list(self.drain())

    def drain(self) -> Iterator[tuple[str, Entry]]:
        """Give what is there already, without waiting."""
        while self._queue:
            kind, entry = self._queue.popleft()
            self.version = max(self.version, entry.version)
            yield kind, entry

    def _raise_if_overrun(self) -> None:
        if self._overrun:
            raise expired(self.version, self._store.version)

    def _push(self, event: Event) -> None:
        if self._overrun:
            return
        kind = self._seen(event)
        if kind is None:
            return
        self._overrun = len(self._queue) >= _LONGEST_QUEUE
        self._queue.append((kind, event.entry))
        self._arrived.set()

    def _seen(self, event: Event) -> str | None:
        """Say what the change is to this watch: an object that leaves the selection is gone for it."""
        if event.kind == "DELETED":
            return "DELETED" if self._scope.covers(event.before) else None
        before, now = self._scope.covers(event.before), self._scope.covers(event.entry)
        if now:
            return "MODIFIED" if before else "ADDED"
        return "DELETED" if before else None
