"""The moments of an outage for the drill's timeline: first error, first success, stable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.core.outage import measure

if TYPE_CHECKING:
    from runner.core.context import StepContext
    from runner.core.record import Record


def tell_moments(ctx: StepContext, record: Record) -> None:
    """Tell them, each at the time when it was, for every outage that was seen."""
    for outage in measure(record.requests, ctx.blows, rate=record.rate, attempts=record.attempts):
        moments = {
            "first error": outage.first_error_at,
            "first success": outage.recovered_at,
            "stable": outage.stable_at,
        }
        for name, at in moments.items():
            if outage.seen and at is not None:
                ctx.milestone(name, at=at)
