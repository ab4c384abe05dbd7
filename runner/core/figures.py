"""The figures that every measuring load reports, and their judgement against a budget."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict, Field

from runner.core.duration import Duration
from runner.core.outage import Gap, Outage, Request, Window, measure, windows, worst
from runner.core.record import Record
from runner.core.step import Result
from runner.core.verdict import Verdict, failed, passed, unknown
from runner.core.verdict import worst as worst_verdict

# Enough to see a pattern; a long outage has thousands of equal errors.
_ERRORS_SHOWN = 5
_WINDOWS_SHOWN = 50


class Budget(BaseModel):
    """What a load may cost at most; what is not named is reported but not judged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rto: Duration | None = Field(default=None, gt=0, description="Longest recovery time, from blow to first success.")
    outage: Duration | None = Field(default=None, ge=0, description="Longest row of failures, with or without a blow.")
    failed: int | None = Field(default=None, ge=0, description="Failed requests at most, timed-out ones included.")
    errors_percent: float | None = Field(default=None, ge=0, le=100, description="Failed requests at most, percent.")
    availability_percent: float | None = Field(
        default=None, ge=0, le=100, description="Good requests at least, percent."
    )
    p50: Duration | None = Field(default=None, gt=0, description="Median answer time at most.")
    p95: Duration | None = Field(default=None, gt=0, description="95th percentile of the answer time at most.")
    p99: Duration | None = Field(default=None, gt=0, description="99th percentile of the answer time at most.")


class WindowFigures(BaseModel):
    """One row of failures; `start` in seconds after the first blow (after the load's start when there was none)."""

    start: float
    seconds: float | None
    failed: int


class GapFigures(BaseModel):
    """A time in which the runner could not have seen the system; `start` as for windows."""

    start: float
    seconds: float
    why: str


class ErrorFigures(BaseModel):
    """An error and how often it came."""

    error: str
    count: int


class Figures(Result):
    """What a load measured. Times in seconds; percentiles count from when a request was due, answered or timed out."""

    problem: str = ""
    """Why it could not work at all; empty when it did."""
    blows: int = 0
    before_blow: int = 0
    """Successes before the first blow."""
    needed: int = 0
    """Successes before the blow, and in a row after it, that prove something: one second's worth."""
    rto: float | None = None
    """None: no failure after the blow was seen, or the system has not recovered."""
    resolution: float = 0.0
    recovered: bool = True
    watched: float = 0.0
    """How long it looked on after the blow that decides."""
    first_error: float | None = None
    """Seconds after that blow."""
    longest_outage: float = 0.0
    blind: float = 0.0
    """Time, within rows of failures, in which the runner could not have seen the system."""
    sent: int = 0
    ok: int = 0
    failed: int = 0
    timed_out: int = 0
    availability_percent: float = 0.0
    errors_percent: float = 0.0
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    slowest: float | None = None
    windows: list[WindowFigures] = Field(default_factory=list)
    gaps: list[GapFigures] = Field(default_factory=list)
    errors: list[ErrorFigures] = Field(default_factory=list)


def figures(record: Record, blows: Sequence[float]) -> dict[str, object]:
    """All fields of `Figures` but `problem`, computed from what was noted and from the blows (loop clock)."""
    ended = [one for one in record.requests if one.done_at is not None]
    start = min(blows, default=ended[0].sent_at if ended else 0.0)
    rows = windows(ended)
    last = max((one.done_at for one in ended if one.done_at), default=start)
    blind = _blind(rows, record.gaps, last)
    # Blindness for less than a request's time limit makes the figures coarser; for longer it makes them worthless.
    coarse, blind = (blind, 0.0) if blind <= record.timeout else (0.0, blind)
    outage = worst(measure(ended, blows, rate=record.rate, attempts=record.attempts))
    return {
        "blows": len(blows),
        "before_blow": record.served_before(blows),
        "needed": record.needed,
        **_outage(outage, record.rate, coarse),
        "longest_outage": _round(max(((row.ended or last) - row.started for row in rows), default=0.0)),
        "blind": _round(blind),
        **_counts(ended),
        **_latency(ended),
        "windows": [_window(row, start) for row in rows[:_WINDOWS_SHOWN]],
        "gaps": [
            {"start": _round(one.started - start), "seconds": _round(one.ended - one.started), "why": one.why}
            for one in record.gaps[:_WINDOWS_SHOWN]
        ],
        "errors": [
            {"error": error, "count": count}
            for error, count in Counter(one.error for one in ended if not one.ok).most_common(_ERRORS_SHOWN)
        ],
    }


def judge(seen: Figures, budget: Budget) -> list[Verdict]:
    """Everything that every load is judged by; never empty."""
    if seen.problem:
        return [unknown(seen.problem)]
    found = [*_proof(seen, budget), *_limits(seen, budget)]
    return found or [passed(describe(seen))]


def one_verdict(verdicts: Sequence[Verdict], good: str) -> Verdict:
    """The worst of them with all reasons of that kind; `good` is the sentence when all passed."""
    speaker = worst_verdict(verdicts)
    if speaker.passed:
        return passed(good)
    reasons = [verdict.reason for verdict in verdicts if verdict.outcome is speaker.outcome]
    return Verdict(speaker.outcome, "; ".join(dict.fromkeys(reasons)))


def describe(seen: Figures) -> str:
    """The measured figures as one line."""
    return f"{_rto_text(seen)}, {served(seen)}"


def served(seen: Figures) -> str:
    """The part of that line that is there without a blow too."""
    parts = [f"{seen.ok} of {seen.sent} requests good"]
    if seen.timed_out:
        parts.append(f"{seen.timed_out} timed out")
    if seen.p95 is not None:
        parts.append(f"p95 {seen.p95 * 1000:.0f} ms")
    return ", ".join(parts)


def percentile(values: Sequence[float], percent: float) -> float | None:
    """Nearest rank: the smallest value that at least `percent` of them do not exceed; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def _rto_text(seen: Figures) -> str:
    if not seen.blows:
        return f"no fault struck, longest outage {seen.longest_outage:.2f} s"
    if not seen.recovered:
        return f"not recovered, rto > {seen.watched:.1f} s"
    if seen.rto is None:
        return f"no outage seen, resolution {seen.resolution:.3f} s"
    return f"rto {seen.rto:.2f} s ± {seen.resolution:.2f}"


def _proof(seen: Figures, budget: Budget) -> list[Verdict]:
    """Was the measurement one? What is missing here proves nothing against the system."""
    found = []
    if not seen.ok and not seen.failed:
        found.append(unknown("no request was sent"))
    if seen.blows and seen.before_blow < seen.needed:
        found.append(unknown(f"only {seen.before_blow} requests succeeded before the blow, {seen.needed} are needed"))
    if seen.blind and (seen.blows or budget.outage is not None or seen.failed):
        why = seen.gaps[0].why if seen.gaps else "no view"
        found.append(unknown(f"blind for {seen.blind:.1f} s of the outage, so its length proves nothing: {why}"))
    if budget.rto is not None and not seen.blows:
        found.append(unknown("no fault struck while it ran, so there is no recovery time to judge"))
    if budget.rto is not None and seen.blows and seen.resolution > budget.rto:
        found.append(unknown(f"resolution {seen.resolution:.2f} s is coarser than the budget of {budget.rto:g} s"))
    return found


def _limits(seen: Figures, budget: Budget) -> list[Verdict]:
    # A row of failures that we were blind in may be longer than the truth: it must not turn the system red.
    timed = [] if seen.blind else _times(seen, budget)
    return [*timed, *_shares(seen, budget), *_latencies(seen, budget)]


def _times(seen: Figures, budget: Budget) -> list[Verdict]:
    found = []
    limit = f", budget {budget.rto:g} s" if budget.rto is not None else ""
    if seen.blows and seen.before_blow >= seen.needed and not seen.recovered:
        found.append(failed(f"not recovered: rto > {seen.watched:.1f} s{limit}{_last_error(seen)}"))
    elif budget.rto is not None and seen.rto is not None and seen.rto > budget.rto:
        found.append(failed(f"rto {seen.rto:.2f} s ± {seen.resolution:.2f}{limit}"))
    if budget.outage is not None and seen.longest_outage > budget.outage:
        found.append(failed(f"longest outage {seen.longest_outage:.2f} s, budget {budget.outage:g} s"))
    return found


def _shares(seen: Figures, budget: Budget) -> list[Verdict]:
    found = []
    if budget.failed is not None and seen.failed > budget.failed:
        found.append(failed(f"{seen.failed} of {seen.sent} requests failed, budget {budget.failed}{_last_error(seen)}"))
    if budget.errors_percent is not None and seen.errors_percent > budget.errors_percent:
        share = f"{seen.errors_percent:.2f} % of {seen.sent} requests failed, budget {budget.errors_percent:g} %"
        found.append(failed(share + _last_error(seen)))
    if budget.availability_percent is not None and seen.availability_percent < budget.availability_percent:
        share = f"{seen.availability_percent:.3f} % of {seen.sent} requests were good"
        found.append(failed(f"{share}, budget {budget.availability_percent:g} %{_last_error(seen)}"))
    return found


def _latencies(seen: Figures, budget: Budget) -> list[Verdict]:
    found = []
    for name in ("p50", "p95", "p99"):
        limit, value = getattr(budget, name), getattr(seen, name)
        if limit is not None and value is None:
            found.append(failed(f"{name} cannot be told: no request was answered"))
        elif limit is not None and value > limit:
            found.append(failed(f"{name} {value * 1000:.0f} ms, budget {limit * 1000:.0f} ms"))
    return found


def _last_error(seen: Figures) -> str:
    return f" ({seen.errors[0].count} times: {seen.errors[0].error})" if seen.errors else ""


def _outage(outage: Outage | None, rate: float, coarse: float) -> dict[str, object]:
    if outage is None:
        return {
            "rto": None,
            "resolution": _round(1 / rate + coarse),
            "recovered": True,
            "watched": 0.0,
            "first_error": None,
        }
    first = outage.first_error_at
    return {
        "rto": _round(outage.rto) if outage.recovered and outage.rto is not None else None,
        "resolution": _round(outage.resolution + coarse),
        "recovered": outage.recovered,
        "watched": _round(outage.last_seen_at - outage.blow),
        "first_error": _round(max(0.0, first - outage.blow)) if first is not None else None,
    }


def _counts(ended: Sequence[Request]) -> dict[str, object]:
    sent, ok = len(ended), sum(one.ok for one in ended)
    return {
        "sent": sent,
        "ok": ok,
        "failed": sent - ok,
        "timed_out": sum(one.timed_out for one in ended),
        "availability_percent": round(100 * ok / sent, 3) if sent else 0.0,
        "errors_percent": round(100 * (sent - ok) / sent, 3) if sent else 0.0,
    }


def _latency(ended: Sequence[Request]) -> dict[str, object]:
    waited = [one.done_at - one.sent_at for one in ended if one.done_at is not None and (one.ok or one.timed_out)]
    ranks = {name: percentile(waited, rank) for name, rank in (("p50", 50), ("p95", 95), ("p99", 99), ("slowest", 100))}
    return {name: None if value is None else round(value, 4) for name, value in ranks.items()}


def _blind(rows: Iterable[Window], gaps: Iterable[Gap], last: float) -> float:
    """Seconds of failing in which we could not have seen a success; overlapping gaps count once."""
    total, rows = 0.0, list(rows)
    end = -math.inf
    for gap in sorted(gaps, key=lambda one: one.started):
        start, end = max(gap.started, end), max(gap.ended, end)
        total += sum(max(0.0, min(end, row.ended or last) - max(start, row.started)) for row in rows)
    return total


def _window(row: Window, start: float) -> dict[str, object]:
    length = None if row.ended is None else _round(row.ended - row.started)
    return {"start": _round(row.started - start), "seconds": length, "failed": row.failed}


def _round(value: float) -> float:
    """To the millisecond: more would be noise."""
    return round(value, 3)
