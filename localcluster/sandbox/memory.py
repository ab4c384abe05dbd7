"""Ends containers above their memory limit where the kernel may not do it for us: it looks once a second."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .container import NamespaceContainer

_PERIOD = 1.0


class MemoryWatch:
    """Watches containers that have a limit; costs nothing while there is none."""

    def __init__(self) -> None:
        self._watched: set[NamespaceContainer] = set()
        self._task: asyncio.Task[None] | None = None

    def add(self, container: NamespaceContainer) -> None:
        """Watch a container until it ends, if it has a limit."""
        if container.spec.memory_limit is None:
            return
        self._watched.add(container)
        container.on_end(lambda: self._watched.discard(container))
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def close(self) -> None:
        """Stop watching."""
        if self._task:
            self._task.cancel()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(_PERIOD)
            for container in tuple(self._watched):
                if _too_much(container):
                    container.kill_for_memory()


def _too_much(container: NamespaceContainer) -> bool:
    limit = container.spec.memory_limit
    if limit is None or container.usage().memory_bytes <= limit:
        return False
    return container.exact_memory() > limit  # the cheap figure counts pages of forked workers twice
