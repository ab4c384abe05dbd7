"""Outages that are scripted to the millisecond, and what is measured of them."""

from __future__ import annotations

import pytest

from runner.core.outage import Attempt, Request, measure, windows, worst

RATE = 10.0


def stream(*spans, until=10.0, latency=0.005):
    """Ten requests a second; those due within a span (start, end) fail at once."""
    found = []
    for number in range(round(until * RATE)):
        due = number / RATE
        bad = any(start <= due < end for start, end in spans)
        found.append(Request(due, due + (0.001 if bad else latency), ok=not bad))
    return found


def one(requests, *blows, **more):
    (outage,) = measure(requests, blows, rate=RATE, **more)
    return outage


def test_recovery_is_the_first_success_after_the_last_failure_minus_the_blow():
    outage = one(stream((2.0, 3.3)), 1.95)

    assert outage.rto == pytest.approx(3.305 - 1.95)
    assert outage.resolution == pytest.approx(0.1)
    assert (outage.first_error_at, outage.recovered_at) == (2.0, pytest.approx(3.305))
    assert outage.stable_at == pytest.approx(3.3 + 0.9 + 0.005)


def test_no_failure_is_no_outage_seen():
    outage = one(stream(), 5.0)

    assert (outage.seen, outage.recovered, outage.rto) == (False, True, None)


def test_failures_before_the_blow_are_not_its_doing():
    assert one(stream((1.0, 2.0)), 5.0).seen is False


def test_a_second_dip_prolongs_the_recovery():
    outage = one(stream((2.0, 2.5), (4.0, 4.2)), 2.0)

    assert outage.rto == pytest.approx(4.205 - 2.0)


def test_too_few_successes_at_the_end_are_no_recovery():
    outage = one(stream((2.0, 9.5)), 2.0)

    assert (outage.recovered, outage.rto, outage.last_seen_at) == (False, None, pytest.approx(9.905))


def test_no_success_at_all_is_no_recovery():
    outage = one(stream((2.0, 99.0)), 2.0)

    assert (outage.recovered, outage.recovered_at) == (False, None)


def test_too_few_requests_after_the_blow_prove_no_health():
    assert one(stream(), 9.5).recovered is False


def test_a_request_under_way_that_fails_counts_as_felt():
    requests = stream()
    requests[20] = Request(2.0, 3.0, ok=False, timed_out=True)

    outage = one(requests, 2.05)

    assert outage.rto == pytest.approx(2.105 - 2.05)


def test_a_slow_success_that_was_due_before_the_last_failure_is_no_recovery():
    requests = stream((2.0, 3.0))
    requests[19] = Request(1.9, 2.6, ok=True)

    assert one(requests, 1.95).rto == pytest.approx(3.005 - 1.95)


def test_requests_that_wait_and_then_succeed_count_when_they_are_answered():
    requests = [
        Request(due.sent_at, max(due.done_at, 3.5), ok=True) if 2.6 <= due.sent_at < 3.5 else due
        for due in stream((2.0, 2.6))
    ]

    outage = one(requests, 2.0)

    assert outage.rto == pytest.approx(3.5 - 2.0)


def test_the_cost_of_the_reconnect_is_part_of_the_resolution():
    """The try that began at 3.10 failed, so the server was not there then; the next one was through at 3.25."""
    attempts = [Attempt(2.5, 2.6, False), Attempt(3.10, 3.15, False), Attempt(3.2, 3.25, True)]

    outage = one(stream((2.0, 3.3)), 2.0, attempts=attempts)

    assert outage.resolution == pytest.approx(0.1 + 0.15)


def test_connections_made_before_the_blow_cost_nothing():
    assert one(stream((2.0, 3.3)), 2.0, attempts=[Attempt(0.0, 0.5, True)]).resolution == pytest.approx(0.1)


def test_a_hole_in_our_own_sending_makes_the_measure_coarse():
    requests = [request for request in stream() if not 5.0 <= request.sent_at < 8.0]

    assert one(requests, 5.0).resolution == pytest.approx(3.0)


def test_two_blows_with_recovery_between_them_are_two_outages():
    outages = measure(stream((2.0, 2.5), (6.0, 7.0)), [2.0, 6.0], rate=RATE)

    assert [outage.rto for outage in outages] == [pytest.approx(0.505), pytest.approx(1.005)]
    assert worst(outages) is outages[1]


def test_a_blow_into_an_outage_belongs_to_it():
    (outage,) = measure(stream((2.0, 2.5), (3.0, 4.0)), [2.0, 2.9], rate=RATE)

    assert (outage.blow, outage.rto) == (2.0, pytest.approx(2.005))


def test_blows_at_the_same_time_are_one_outage_measured_from_the_first():
    (outage,) = measure(stream((2.1, 3.0)), [2.002, 2.001], rate=RATE)

    assert outage.rto == pytest.approx(3.005 - 2.001)


def test_not_recovered_speaks_before_longest():
    outages = measure(stream((2.0, 5.0), (9.8, 10.0)), [2.0, 9.7], rate=RATE)

    assert worst(outages).recovered is False


def test_windows_are_rows_of_failures():
    first, second = windows(stream((1.0, 1.5), (9.8, 10.0)))

    assert (first.started, first.ended, first.failed) == (1.0, pytest.approx(1.505), 5)
    assert (second.started, second.ended, second.failed) == (9.8, None, 2)


def test_without_a_blow_there_is_no_outage_to_measure():
    assert measure(stream((1.0, 2.0)), (), rate=RATE) == ()
    assert worst(()) is None
