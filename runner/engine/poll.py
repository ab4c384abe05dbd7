"""The only retry loop: look, judge, wait, until it is right for long enough or the time is over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio

from runner.core.duration import text
from runner.core.verdict import Outcome, Verdict, failed

# Below this a pause is lost in the rounding of the clock, and the loop would spin.
_SHORTEST = 0.001

Look = Callable[[], Awaitable[Verdict]]


async def until(
    look: Look, *, within: float | None, hold: float | None, every: float, changed: Callable[[Verdict], None]
) -> Verdict:
    """Look until PASSED (and then PASSED for `hold` seconds without a flap), at most for `within` seconds.

    With neither, it looks once. With `hold` alone it must hold from now on. `changed` hears of each judgement that
    differs from the one before. All times in seconds.
    """
    start = anyio.current_time()
    since: float | None = None
    last: Verdict | None = None
    while True:
        verdict = await look()
        if last is None or (verdict.outcome, verdict.reason) != (last.outcome, last.reason):
            changed(verdict)
        last = verdict
        now = anyio.current_time()
        since = (since if since is not None else now) if verdict.passed else None
        if since is not None and now - since >= (hold or 0.0):
            return _timed(verdict, since - start, within, hold)
        if since is None and now - start >= (within or 0.0):
            return _late(verdict, within, hold)
        await anyio.sleep(_pause(every, now, start, within, since, hold))


def _pause(
    every: float, now: float, start: float, within: float | None, since: float | None, hold: float | None
) -> float:
    # The last look falls on the deadline itself: a state that came right just before it is not missed.
    ends = since + (hold or 0.0) if since is not None else start + (within or 0.0)
    return max(_SHORTEST, min(every, ends - now))


def _timed(verdict: Verdict, took: float, within: float | None, hold: float | None) -> Verdict:
    parts = [f"after {took:.2f} s"] if within is not None and took > 0 else []
    if hold:
        parts.append(f"held for {text(hold)}")
    return Verdict(verdict.outcome, f"{verdict.reason} ({', '.join(parts)})") if parts else verdict


def _late(verdict: Verdict, within: float | None, hold: float | None) -> Verdict:
    if within is None:
        return failed(f"did not hold for {text(hold)}: {verdict.reason}") if hold and _is_red(verdict) else verdict
    return Verdict(verdict.outcome, f"not within {text(within)}: {verdict.reason}")


def _is_red(verdict: Verdict) -> bool:
    return verdict.outcome is Outcome.FAILED
