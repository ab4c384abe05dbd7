"""Objects in memory with one growing version number, and the log of what happened to them."""

import json
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from localcluster.apiserver.errors import expired
from localcluster.client import Obj

Key = tuple[str, str]  # namespace ("" for none), name
LOG_LENGTH = 2000  # events that a watch can go back to; about 4 kB each


class Entry:
    """One version of one object. It never changes; `text` is its JSON, made once for all who read it."""

    __slots__ = ("_obj", "_text", "key", "version")

    def __init__(self, key: Key, obj: Obj) -> None:
        self.key = key
        self.version = int(obj["metadata"]["resourceVersion"])
        self._obj: Obj | None = obj
        self._text: bytes | None = None

    @property
    def obj(self) -> Obj:
        """The shared object: read it, never change it."""
        return self._obj if self._obj is not None else self.copy()

    @property
    def text(self) -> bytes:
        """The object as JSON."""
        if self._text is None:
            self._text = json.dumps(self._obj, separators=(",", ":"), ensure_ascii=False).encode()
        return self._text

    def copy(self) -> Obj:
        """Give an object of the caller's own."""
        copied: Obj = json.loads(self.text)
        return copied

    def retire(self) -> None:
        """Keep the text only: text is a fifth of the size, and old versions are seldom read."""
        if self._obj is not None:
            self._text = self.text
            self._obj = None


@dataclass(frozen=True, slots=True)
class Event:
    """One change; `before` is the version that it replaced."""

    kind: str
    resource: str
    entry: Entry
    before: Entry | None


Listener = Callable[[Event], None]


class Store:
    """The objects by resource key, the log, and who listens; all calls are synchronous, so each is atomic."""

    def __init__(self, log_length: int = LOG_LENGTH) -> None:
        self.version = 1
        self._objects: dict[str, dict[Key, Entry]] = {}
        self._log: deque[Event] = deque(maxlen=log_length)
        self._listeners: dict[str, set[Listener]] = {}
        self._oldest = 1  # a watch may begin at this version or a later one

    def get(self, resource: str, key: Key) -> Entry | None:
        """Give the current version of one object."""
        return self._objects.get(resource, {}).get(key)

    def all(self, resource: str, namespace: str | None = None) -> list[Entry]:
        """Give the current objects, sorted by namespace and name, of one namespace or (None) of all."""
        found = self._objects.get(resource, {})
        return [found[key] for key in sorted(found) if namespace is None or key[0] == namespace]

    def put(self, resource: str, key: Key, obj: Obj) -> Entry:
        """Write an object under the next version and tell the listeners; the object is the store's from now on."""
        self.version += 1
        obj["metadata"]["resourceVersion"] = str(self.version)
        entry = Entry(key, obj)
        before = self.get(resource, key)
        self._objects.setdefault(resource, {})[key] = entry
        self._record(Event("MODIFIED" if before else "ADDED", resource, entry, before))
        return entry

    def remove(self, resource: str, key: Key) -> Entry:
        """Take an object away; the deletion has a version of its own, newer than the object's last. Raises KeyError."""
        before = self._objects[resource].pop(key)
        self.version += 1
        last = before.copy()
        last["metadata"]["resourceVersion"] = str(self.version)
        entry = Entry(key, last)
        self._record(Event("DELETED", resource, entry, before))
        entry.retire()
        return entry

    def listen(self, resource: str, listener: Listener) -> None:
        """Call back on each later change of this resource, within the write."""
        self._listeners.setdefault(resource, set()).add(listener)

    def unlisten(self, resource: str, listener: Listener) -> None:
        """Stop calling back."""
        self._listeners.get(resource, set()).discard(listener)

    def since(self, resource: str, version: int) -> Iterator[Event]:
        """Give the changes after a version; raises ApiError 410 when the log does not go back that far."""
        if version < self._oldest:
            raise expired(version, self._oldest)
        return (one for one in list(self._log) if one.resource == resource and one.entry.version > version)

    def _record(self, event: Event) -> None:
        if len(self._log) == self._log.maxlen:
            self._oldest = self._log[0].entry.version
        self._log.append(event)
        for listener in tuple(self._listeners.get(event.resource, ())):
            listener(event)
        if event.before is not None:
            event.before.retire()


def field_of(obj: Obj, path: str) -> Any:
    """Give the value at a dotted path, None when a part is not there."""
    value: Any = obj
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value
