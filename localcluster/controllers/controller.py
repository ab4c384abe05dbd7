"""What all controllers have in common: changes in, keys in line, one look at a key at a time."""

import asyncio
import logging
from collections.abc import Callable, Iterable

from localcluster.client import ApiError, Obj
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.kinds import key_of
from localcluster.controllers.workqueue import Key, WorkQueue
from localcluster.selectors import from_label_selector

log = logging.getLogger(__name__)


class Controller:
    """Subclasses say in `__init__` what they follow, and in `sync` what to do about one key."""

    name = ""
    """Component name in events."""
    workers = 4

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.queue = WorkQueue()

    async def sync(self, namespace: str, name: str) -> None:
        """Bring one object to what it should be; ApiError and other failures bring the key back later."""
        raise NotImplementedError

    async def run(self) -> None:
        """Work until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self.workers):
                tasks.create_task(self._work())

    def follow(self, resource: str, keys: Callable[[Obj], Iterable[Key]]) -> None:
        """Put the keys of every changed object in line, from its old and its new form."""

        def changed(_kind: str, old: Obj | None, new: Obj | None) -> None:
            for obj in (old, new):
                if obj is not None:
                    for key in keys(obj):
                        self.queue.add(key)

        self.cluster.informer(resource).subscribe(changed)

    def follow_self(self, resource: str) -> None:
        """Put the changed object itself in line."""
        self.follow(resource, lambda obj: [key_of(obj)])

    def follow_owned(self, resource: str, owner_kind: str, owners: str) -> None:
        """Put the controlling owner of a changed object in line, or all that could adopt it when it has none."""

        def keys(obj: Obj) -> list[Key]:
            namespace = obj["metadata"].get("namespace") or ""
            for reference in obj["metadata"].get("ownerReferences") or ():
                if reference.get("controller"):
                    return [(namespace, reference["name"])] if reference["kind"] == owner_kind else []
            labels = obj["metadata"].get("labels")
            return [
                key_of(one)
                for one in self.cluster.items(owners, namespace)
                if labels and from_label_selector(one["spec"].get("selector") or {}).matches(labels)
            ]

        self.follow(resource, keys)

    def tell(self, about: Obj, kind: str, reason: str, message: str) -> None:
        """Record an event in this controller's name."""
        self.cluster.events.record(about, kind, reason, message, component=self.name)

    async def _work(self) -> None:
        while True:
            key = await self.queue.get()
            try:
                await self.sync(*key)
                self.queue.forget(key)
            except ApiError as error:
                # a conflict is the normal sign that somebody else wrote first
                log.log(
                    logging.DEBUG if error.code in (404, 409) else logging.WARNING, "%s %s: %s", self.name, key, error
                )
                self.queue.retry(key)
            except Exception:
                log.exception("%s %s", self.name, key)
                self.queue.retry(key)
            finally:
                self.queue.done(key)
