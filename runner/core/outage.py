"""How long the system did not serve, seen from outside: arithmetic on requests sent at a fixed rate and on blows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise


@dataclass(slots=True)
class Request:
    """One request of an open model; times in seconds on the event loop's clock."""

    sent_at: float
    """When it was due, which is when its time limit begins: a late start must not flatter the answer."""
    done_at: float | None = None
    """When it was answered or given up; None while it is under way."""
    ok: bool = False
    timed_out: bool = False
    error: str = ""


@dataclass(frozen=True)
class Attempt:
    """One try to find the server and connect to it; while none succeeds nothing can be seen of the server."""

    started: float
    ended: float
    ok: bool


@dataclass(frozen=True)
class Gap:
    """A time in which we could not have seen the system (the API did not answer, the runner itself was held up)."""

    started: float
    ended: float
    why: str


@dataclass(frozen=True)
class Window:
    """Failures with no success between them: from the first one's sending to the next success's completion."""

    started: float
    ended: float | None
    """None: no success came after it."""
    failed: int


@dataclass(frozen=True)
class Outage:
    """What one blow, or several without recovery between them, did to the requests."""

    blow: float
    rto: float | None
    """Seconds; None: no failure was seen, or it has not recovered."""
    resolution: float
    """Seconds by which `rto` may be too long: the pace of the requests and the cost of the last reconnect."""
    first_error_at: float | None
    recovered_at: float | None
    stable_at: float | None
    """When one second's worth of successes in a row had come."""
    last_seen_at: float

    @property
    def seen(self) -> bool:
        """Whether any request failed."""
        return self.first_error_at is not None

    @property
    def recovered(self) -> bool:
        """Whether one second's worth of successes in a row came after the last failure (or after the blow)."""
        return self.stable_at is not None


def needed_in_a_row(rate: float) -> int:
    """How many successes in a row count as steady: one second's worth, at least one."""
    return max(1, round(rate))


def measure(
    requests: Iterable[Request], blows: Sequence[float], *, rate: float, attempts: Sequence[Attempt] = ()
) -> tuple[Outage, ...]:
    """The outages that the blows caused, in order; empty without a blow. `rate` in requests a second.

    A blow that strikes before the system has steadily recovered from the one before belongs to the same outage, which
    is measured from the earlier one. A request that was under way when the blow struck, and failed, counts as felt.
    """
    ordered = sorted((request for request in requests if request.done_at is not None), key=lambda one: one.sent_at)
    found: list[Outage] = []
    rest = sorted(blows)
    while rest:
        for taken in range(1, len(rest) + 1):
            until = rest[taken] if taken < len(rest) else math.inf
            outage = _after(ordered, rest[0], until, rate)
            if outage.recovered:
                break
        found.append(_with_blind_time(outage, attempts))
        rest = rest[taken:]
    return tuple(found)


def worst(outages: Sequence[Outage]) -> Outage | None:
    """The one that speaks for all: not recovered before longest; None when there was no blow."""
    return max(outages, key=lambda one: (not one.recovered, one.rto or 0.0), default=None)


def windows(requests: Iterable[Request]) -> tuple[Window, ...]:
    """All runs of failures, in the order of sending."""
    found: list[Window] = []
    for request in sorted((one for one in requests if one.done_at is not None), key=lambda one: one.sent_at):
        open_ = found[-1] if found and found[-1].ended is None else None
        if request.ok and open_:
            found[-1] = replace(open_, ended=request.done_at)
        elif not request.ok and open_:
            found[-1] = replace(open_, failed=open_.failed + 1)
        elif not request.ok:
            found.append(Window(request.sent_at, None, 1))
    return tuple(found)


def _after(ordered: Sequence[Request], blow: float, until: float, rate: float) -> Outage:
    within = [one for one in ordered if one.sent_at < until and (one.sent_at >= blow or _done(one) >= blow)]
    failures = [one for one in within if not one.ok]
    last = failures[-1] if failures else None
    served = [one for one in within if one.ok and one.sent_at >= blow and (last is None or one.sent_at > last.sent_at)]
    needed = needed_in_a_row(rate)
    recovered_at = min(map(_done, served), default=None)
    step = served[0].sent_at - last.sent_at if served and last else _longest_pause(blow, served)
    return Outage(
        blow=blow,
        rto=recovered_at - blow if recovered_at is not None and last and len(served) >= needed else None,
        resolution=max(1 / rate, step),
        first_error_at=failures[0].sent_at if failures else None,
        recovered_at=recovered_at if last else None,
        stable_at=_done(served[needed - 1]) if len(served) >= needed else None,
        last_seen_at=max(map(_done, within), default=blow),
    )


def _longest_pause(blow: float, served: Sequence[Request]) -> float:
    """Without a failure an outage can only hide between two requests; the runner may have been held up there."""
    sent = [blow, *(one.sent_at for one in served)]
    return max((later - earlier for earlier, later in pairwise(sent)), default=0.0)


def _with_blind_time(outage: Outage, attempts: Sequence[Attempt]) -> Outage:
    """Add the time in which the server may have been there already while we were still connecting to it."""
    if outage.recovered_at is None:
        return outage
    usable = [one for one in attempts if one.ok and outage.blow <= one.ended <= outage.recovered_at]
    first = _first_after_last_failure(usable, attempts, outage.recovered_at)
    if first is None:
        return outage
    failed = [one.started for one in attempts if not one.ok and one.started < first.ended]
    known_down = max([start for start in failed if start >= outage.blow], default=first.started)
    return replace(outage, resolution=outage.resolution + first.ended - known_down)


def _first_after_last_failure(usable: list[Attempt], attempts: Sequence[Attempt], until: float) -> Attempt | None:
    down = max((one.ended for one in attempts if not one.ok and one.ended <= until), default=-math.inf)
    later = [one for one in usable if one.ended >= down]
    return min(later or usable, key=lambda one: one.ended, default=None)


def _done(request: Request) -> float:
    return request.done_at if request.done_at is not None else math.inf
