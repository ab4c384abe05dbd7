"""Try again until the server serves: for what a load prepares and counts, where no step polls."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

import anyio

from runner.access.not_served import NotServed
from runner.core.errors import Unreachable

if TYPE_CHECKING:
    from runner.core.context import StepContext

T = TypeVar("T")

_PAUSE = 0.2


async def until_served(ctx: StepContext, do: Callable[[], Awaitable[T]], *, within: float) -> T:
    """Do it, again and again for `within` seconds; once at least.

    Raises:
        NotServed, Unreachable: the last try's, when none succeeded in time.

    """
    end = ctx.now() + within
    while True:
        try:
            return await do()
        except (NotServed, Unreachable):
            if ctx.now() + _PAUSE >= end:
                raise
        await anyio.sleep(_PAUSE)
