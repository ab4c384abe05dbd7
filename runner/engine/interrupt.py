"""Ctrl-C, SIGTERM and the time limit: once, the work stops and is mended; twice, only mended."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import anyio


class Interrupt:
    """Cancels what may be cancelled. Undo is never run under it."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._work: set[anyio.CancelScope] = set()
        self._afterwards: set[anyio.CancelScope] = set()
        self.by = ""
        """What ended the run early, or nothing."""
        self.twice = False

    def strike(self, by: str) -> None:
        """The first one cancels the work, the second one evidence and `always` too."""
        scopes = self._work
        if self.by:
            self.twice = True
            scopes = self._work | self._afterwards
        else:
            self.by = by
            self._tell(by)
        for scope in tuple(scopes):
            scope.cancel()

    async def work(self, job: Coroutine[Any, Any, Any], *, default: Any = None) -> Any:
        """Run a job that the first interrupt ends; its result, or `default` when it was ended."""
        if self.by:
            job.close()
            return default
        return await _scoped(job, self._work, default)

    async def afterwards(self, job: Coroutine[Any, Any, Any]) -> Any:
        """Run a job that only the second interrupt ends; its result, or None."""
        if self.twice:
            job.close()
            return None
        return await _scoped(job, self._afterwards, None)


async def _scoped(job: Coroutine[Any, Any, Any], scopes: set[anyio.CancelScope], default: Any) -> Any:
    with anyio.CancelScope() as scope:
        scopes.add(scope)
        try:
            result = await job
        finally:
            scopes.discard(scope)
        return result
    return default
