"""The pace of an open model, with a clock that can be made to jump."""

from __future__ import annotations

import asyncio

import anyio
import pytest

from runner.access.pace import Pace
from runner.core.outage import Request
from runner.core.record import Record

RATE = 50.0


class Ctx:
    def __init__(self):
        self.jumped = 0.0
        self.blows = []
        self.published = []

    def now(self):
        return anyio.current_time() + self.jumped

    def publish(self, **state):
        self.published.append(state)


def drive(fire, *, until=20, timeout=1.0, rto=None):
    """Run a load until so many requests were made, then say stop; the record and the context."""

    async def main():
        ctx, stop, record = Ctx(), anyio.Event(), Record(RATE, timeout)

        async def send(request):
            await fire(ctx, len(record.requests), request)
            if len(record.requests) >= until:
                stop.set()

        await Pace(ctx, stop, record, lambda due, _number: Request(due), send, rto).run()
        return record, ctx

    return asyncio.run(main())


async def good(ctx, number, request):
    request.ok = True


def grid(record):
    first = record.requests[0].sent_at
    return [round((one.sent_at - first) * RATE, 6) for one in record.requests]


def test_requests_are_due_on_a_grid_and_a_slow_one_delays_nobody():
    async def slow_first(ctx, number, request):
        if number == 1:
            await asyncio.sleep(0.3)
        request.ok = True

    record, _ = drive(slow_first)

    assert grid(record) == list(range(len(record.requests)))
    assert record.requests[0].done_at > record.requests[10].done_at


def test_a_late_start_does_not_flatter_the_answer():
    """We were held up for 0.3 s: the requests of that time count from when they were due."""

    async def held_up(ctx, number, request):
        ctx.jumped += 0.3 if number == 5 else 0.0
        request.ok = True

    record, _ = drive(held_up)

    assert grid(record) == list(range(len(record.requests)))
    assert record.gaps == []
    assert max(one.done_at - one.sent_at for one in record.requests) > 0.25


def test_requests_that_we_could_not_send_in_time_are_a_gap_of_ours_and_no_failure():
    async def held_up(ctx, number, request):
        ctx.jumped += 2.0 if number == 5 else 0.0
        request.ok = True

    record, _ = drive(held_up)

    (gap,) = record.gaps
    assert gap.ended - gap.started == pytest.approx(2.0, abs=0.1)
    assert all(one.ok for one in record.requests)
    assert max(one.done_at - one.sent_at for one in record.requests[5:]) < 0.6


def test_it_is_ready_after_one_good_second_and_says_so_with_its_rate():
    record, ctx = drive(good, until=60)

    ready = [state for state in ctx.published if state.get("ready")]
    assert ready
    assert len(record.requests) >= 60
    assert ctx.published[0]["rps"] == pytest.approx(RATE, abs=2)


def test_it_goes_on_after_the_play_until_a_good_second_has_passed_since_the_blow():
    async def down_until_stop(ctx, number, request):
        if number == 20:
            ctx.blows.append(ctx.now())
        request.ok = not 20 <= number < 30

    record, ctx = drive(down_until_stop, until=30)

    assert record.steady(since=ctx.blows[0])
    assert 78 <= len(record.requests) <= 90


def test_it_gives_up_when_recovery_has_had_its_time(monkeypatch):
    monkeypatch.setattr("runner.access.pace._SETTLE", 0.2)

    async def down(ctx, number, request):
        if number == 1:
            ctx.blows.append(ctx.now() - 0.9)

    record, _ = drive(down, until=3, rto=0.1)

    assert not record.steady()
    assert len(record.requests) < 40


def test_a_blow_at_the_very_end_is_still_followed_by_a_whole_second():
    async def struck_last(ctx, number, request):
        request.ok = True
        if number == 60:
            ctx.blows.append(ctx.now())

    record, ctx = drive(struck_last, until=60)

    assert sum(one.sent_at >= ctx.blows[0] for one in record.requests) >= 50
