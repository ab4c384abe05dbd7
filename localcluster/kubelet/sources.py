"""ConfigMaps and Secrets: read fresh when a container starts, then followed."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from localcluster.client import ApiError
from localcluster.informer import Informer

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcluster.client import Client, Obj

FOLLOWED = ("configmaps", "secrets")
_BREATH = 0.05  # seconds between tries, however fast something changes
Key = tuple[str, str, str]
"""Resource, namespace, name."""


class Sources:
    """The objects that pods refer to."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.version = 0
        """Counts the changes."""
        self._bell = asyncio.Event()
        self._watchers: dict[object, Callable[[Key], None]] = {}
        self.informers = [Informer(client, resource) for resource in FOLLOWED]
        for informer in self.informers:
            informer.subscribe(self._teller(informer.resource))

    async def get(self, resource: str, namespace: str | None, name: str) -> Obj | None:
        """Ask the server, so that what was written just before the pod is seen; None when it is not there."""
        try:
            return await self._client.get(resource, name, namespace)
        except ApiError as error:
            if error.code == 404:
                return None
            raise

    async def services(self, namespace: str) -> list[Obj]:
        """Give the Services of a namespace."""
        return (await self._client.list("services", namespace))[0]

    async def change_since(self, version: int, limit: float) -> None:
        """Wait until something has changed since `version`, at most `limit` seconds."""
        await asyncio.sleep(_BREATH)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit):
                while self.version == version:
                    await self._bell.wait()

    def watch(self, owner: object, callback: Callable[[Key], None]) -> None:
        """Call back with the key of each ConfigMap or Secret that changes, until `unwatch`."""
        self._watchers[owner] = callback

    def unwatch(self, owner: object) -> None:
        """Stop calling back."""
        self._watchers.pop(owner, None)

    def _teller(self, resource: str) -> Callable[[str, Obj | None, Obj | None], None]:
        def tell(_kind: str, old: Obj | None, new: Obj | None) -> None:
            self.version += 1
            self._bell.set()
            self._bell = asyncio.Event()
            meta = (new or old or {})["metadata"]
            for callback in list(self._watchers.values()):
                callback((resource, meta["namespace"], meta["name"]))

        return tell
