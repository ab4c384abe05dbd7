"""Do several things at the same time, and hear of the first error as itself."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import TypeVar

import anyio

T = TypeVar("T")


async def together(works: Iterable[Awaitable[T]]) -> list[T]:
    """All results, in the order of the works.

    The first error cancels the others and is raised itself, not inside a group: whoever decides about blame asks for
    its type.
    """
    results: dict[int, T] = {}
    errors: list[Exception] = []

    async def keep(index: int, work: Awaitable[T]) -> None:
        try:
            results[index] = await work
        except Exception as error:  # noqa: BLE001 - raised again below, outside the group
            errors.append(error)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for index, work in enumerate(works):
            group.start_soon(keep, index, work)
    if errors:
        raise errors[0]
    return [results[index] for index in sorted(results)]
