"""CPU use of containers over the last second or so, measured only while somebody asks."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcluster.sandbox.runtime import Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from localcluster.sandbox.runtime import Container

_PERIOD = 1.0  # seconds between samples
_FIRST = 0.25  # seconds between the first two, for the one who asks first
_INTEREST = 60.0  # seconds without a question after which sampling ends


@dataclass(frozen=True)
class Sample:
    """What one container uses."""

    cores: float
    used: Usage


class UsageMeter:
    """Keeps two samples of each running container."""

    def __init__(self, running: Callable[[], Iterable[Container]]) -> None:
        self._running = running
        self._old: dict[str, tuple[float, Usage]] = {}
        self._rates: dict[str, Sample] = {}
        self._asked = 0.0
        self._task: asyncio.Task[None] | None = None

    async def read(self) -> dict[str, Sample]:
        """Give the use of each running container, by its id."""
        self._asked = self._now()
        if self._task is None or self._task.done():
            self._old, self._rates = {}, {}
            self._sample()
            await asyncio.sleep(_FIRST)
            self._sample()
            self._task = asyncio.create_task(self._keep_sampling())
        return dict(self._rates)

    def close(self) -> None:
        """Stop sampling."""
        if self._task is not None:
            self._task.cancel()

    async def _keep_sampling(self) -> None:
        while self._now() - self._asked < _INTEREST:
            await asyncio.sleep(_PERIOD)
            self._sample()

    def _sample(self) -> None:
        fresh = {container.id: (self._now(), container.usage()) for container in self._running()}
        self._rates = {key: _rate(self._old.get(key), now) for key, now in fresh.items()}
        self._old = fresh

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _rate(before: tuple[float, Usage] | None, after: tuple[float, Usage]) -> Sample:
    if before is None or after[0] <= before[0]:
        return Sample(0.0, after[1])
    spent = max(0.0, after[1].cpu_seconds - before[1].cpu_seconds)
    return Sample(spent / (after[0] - before[0]), after[1])
