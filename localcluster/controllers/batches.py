"""Many API calls at once, carefully: 1, 2, 4, 8 ... so that a refusal (a quota, say) is met a few times at most."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from localcluster.client import ApiError

T = TypeVar("T")


async def slow_start(things: Sequence[T], call: Callable[[T], Awaitable[object]]) -> tuple[int, ApiError | None]:
    """Call for each thing in growing batches; stop after one with a failure. Gives how many worked, and the failure."""
    done, size = 0, 1
    failure: ApiError | None = None
    while done < len(things) and failure is None:
        batch = things[done : done + size]
        results = await asyncio.gather(*(call(thing) for thing in batch), return_exceptions=True)
        errors = [result for result in results if isinstance(result, BaseException)]
        for error in errors:
            if not isinstance(error, ApiError):
                raise error
            failure = failure or error
        done += len(batch) - len(errors)
        size *= 2
    return done, failure
