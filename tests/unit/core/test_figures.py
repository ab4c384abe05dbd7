"""Figures of a load and their judgement."""

from __future__ import annotations

import pytest

from runner.core.figures import Budget, Figures, describe, figures, judge, one_verdict, percentile
from runner.core.outage import Gap, Request
from runner.core.record import Record
from runner.core.verdict import Outcome


def record_of(*spans, until=10.0, latency=0.01, gaps=()):
    requests = []
    for number in range(round(until * 10)):
        due = number / 10
        bad = any(start <= due < end for start, end in spans)
        requests.append(Request(due, due + latency, ok=not bad, error="refused" if bad else ""))
    return Record(10.0, 1.0, requests=requests, gaps=list(gaps))


def judged(record, blows=(), **budget):
    seen = Figures.model_validate({"problem": "", **figures(record, blows)})
    return one_verdict(judge(seen, Budget.model_validate(budget)), describe(seen))


@pytest.mark.parametrize(
    ("record", "blows", "budget", "outcome", "words"),
    [
        (record_of((3, 4)), [3], {"rto": "2s"}, Outcome.PASSED, "rto 1.01 s ± 0.10, 90 of 100 requests good"),
        (record_of((3, 4)), [3], {"rto": "1s"}, Outcome.FAILED, "rto 1.01 s ± 0.10, budget 1 s"),
        (
            record_of((3, 99)),
            [3],
            {"rto": "1s"},
            Outcome.FAILED,
            "not recovered: rto > 6.9 s, budget 1 s (70 times: refused)",
        ),
        (record_of((3, 99)), [3], {}, Outcome.FAILED, "not recovered"),
        (record_of(), [3], {"rto": "1s"}, Outcome.PASSED, "no outage seen, resolution 0.100 s"),
        (record_of(), [3], {"rto": "50ms"}, Outcome.UNKNOWN, "coarser than the budget"),
        (record_of(), [], {"rto": "1s"}, Outcome.UNKNOWN, "no fault struck"),
        (record_of((0, 2)), [2.5], {"rto": "1s"}, Outcome.UNKNOWN, "only 5 requests succeeded before the blow"),
        (record_of((3, 4)), [], {"failed": 9}, Outcome.FAILED, "10 of 100 requests failed, budget 9"),
        (record_of((3, 4)), [], {"failed": 10}, Outcome.PASSED, "no fault struck, longest outage 1.01 s"),
        (record_of((3, 4)), [], {"errors_percent": 9.9}, Outcome.FAILED, "10.00 % of 100 requests failed"),
        (record_of((3, 4)), [], {"availability_percent": 90.1}, Outcome.FAILED, "90.000 % of 100 requests were good"),
        (record_of((3, 4)), [], {"outage": "1s"}, Outcome.FAILED, "longest outage 1.01 s, budget 1 s"),
        (record_of((3, 4)), [], {"outage": "1100ms"}, Outcome.PASSED, ""),
        (record_of(), [], {"p95": "5ms"}, Outcome.FAILED, "p95 10 ms, budget 5 ms"),
        (record_of((0, 99)), [], {"p95": "5ms"}, Outcome.FAILED, "no request was answered"),
        (Record(10.0, 1.0), [], {}, Outcome.UNKNOWN, "no request was sent"),
    ],
)
def test_figures_are_judged_against_the_budget(record, blows, budget, outcome, words):
    verdict = judged(record, blows, **budget)

    assert (verdict.outcome, words in verdict.reason) == (outcome, True), verdict


def test_blindness_in_an_outage_proves_nothing():
    gap = Gap(3.2, 5.2, "the API did not answer")

    assert judged(record_of((3, 6), gaps=[gap]), [3], rto="1s").outcome is Outcome.UNKNOWN
    assert judged(record_of(gaps=[gap]), [3], rto="1s").outcome is Outcome.PASSED


def test_a_short_blindness_only_makes_the_figure_coarser():
    seen = figures(record_of((3, 6), gaps=[Gap(3.2, 3.7, "blip")]), [3])

    assert (seen["blind"], seen["resolution"]) == (0.0, 0.6)


def test_overlapping_gaps_count_once():
    gaps = [Gap(3.2, 5.2, "a"), Gap(3.4, 5.4, "b"), Gap(3.5, 3.6, "c")]

    assert figures(record_of((3, 6), gaps=gaps), [3])["blind"] == pytest.approx(2.2)


def test_a_timed_out_request_counts_in_the_percentiles():
    record = record_of()
    for request in record.requests[:10]:
        request.ok, request.timed_out, request.done_at = False, True, request.sent_at + 1

    assert figures(record, ())["p95"] == 1.0


@pytest.mark.parametrize(("percent", "value"), [(0, 1), (50, 2), (75, 3), (76, 4), (100, 4)])
def test_a_percentile_is_the_nearest_rank(percent, value):
    assert percentile([4, 1, 3, 2], percent) == value


def test_a_record_is_steady_when_the_last_second_was_good_and_new():
    assert record_of().steady()
    assert record_of().steady(since=9.0)
    assert not record_of().steady(since=9.05)
    assert not record_of((9.1, 9.2)).steady()
    assert not record_of(until=0.9).steady()
