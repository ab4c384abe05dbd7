"""What was sent against what is there."""

from __future__ import annotations

import pytest

from runner.core.ledger import Fate, Write, reconcile
from runner.core.ledger_figures import LedgerBudget, LedgerFigures, judge_ledger, ledger_figures
from runner.core.record import Record
from runner.core.verdict import Outcome


def write(number, fate=Fate.ACKNOWLEDGED, at=None):
    due = number / 10 if at is None else at
    ok = fate is Fate.ACKNOWLEDGED
    return Write(due, due + 0.01, ok=ok, error="" if ok else "gone", id=f"w{number}", seq=number, fate=fate)


@pytest.mark.parametrize(
    ("fate", "times", "expected"),
    [
        (Fate.ACKNOWLEDGED, 1, {"kept": 1}),
        (Fate.ACKNOWLEDGED, 0, {"lost": ("w1",)}),
        (Fate.ACKNOWLEDGED, 3, {"kept": 1, "duplicated": ("w1", "w1")}),
        (Fate.UNANSWERED, 1, {"unknown_present": 1}),
        (Fate.UNANSWERED, 0, {"unknown_absent": 1}),
        (Fate.UNANSWERED, 2, {"unknown_present": 1, "duplicated": ("w1",)}),
        (Fate.REFUSED, 1, {"phantom": ("w1",)}),
        (Fate.REFUSED, 0, {}),
        (Fate.UNSENT, 1, {"phantom": ("w1",)}),
        (Fate.UNSENT, 0, {}),
    ],
)
def test_each_fate_meets_what_is_there(fate, times, expected):
    account = reconcile([write(1, fate)], ["w1"] * times)
    nothing = {"kept": 0, "lost": (), "duplicated": (), "phantom": (), "unknown_present": 0, "unknown_absent": 0}

    assert {name: getattr(account, name) for name in nothing} == {**nothing, **expected}


def test_a_row_nobody_sent_is_a_phantom():
    assert reconcile([], ["x", "x"]).phantom == ("x",)


def judged(writes, found, blows=(), unread="", budget=None):
    record = Record(10.0, 1.0, requests=list(writes))
    seen = LedgerFigures.model_validate(ledger_figures(record, writes, found, blows, unread))
    return judge_ledger(seen, LedgerBudget.model_validate(budget or {}))


def ids(writes):
    return [one.id for one in writes]


STEADY = [write(n) for n in range(60)]


@pytest.mark.parametrize(
    ("found", "outcome", "words"),
    [
        (ids(STEADY), Outcome.PASSED, "60 of 60 acknowledged writes kept"),
        (ids(STEADY)[1:], Outcome.FAILED, "1 of 60 acknowledged writes are gone (first: seq 0, w0), budget 0"),
        ([*ids(STEADY), "w3"], Outcome.FAILED, "1 writes are there twice"),
        ([*ids(STEADY), "x"], Outcome.FAILED, "1 rows are there that nobody sent"),
    ],
)
def test_one_wrong_row_is_red(found, outcome, words):
    verdict = judged(STEADY, found, blows=[2.0])

    assert (verdict.outcome, words in verdict.reason) == (outcome, True), verdict


def test_a_budget_may_allow_losses():
    assert judged(STEADY, ids(STEADY)[1:], budget={"lost": 1}).outcome is Outcome.PASSED


def test_rows_that_cannot_be_read_back_prove_nothing():
    verdict = judged(STEADY, None, unread="no master")

    assert (verdict.outcome, "no master" in verdict.reason) == (Outcome.UNKNOWN, True)


def test_nothing_acknowledged_proves_nothing():
    writes = [write(n, Fate.REFUSED) for n in range(20)]

    assert judged(writes, []).outcome is Outcome.UNKNOWN


def test_too_little_written_before_the_blow_proves_nothing():
    verdict = judged(STEADY, ids(STEADY), blows=[0.5])

    assert (verdict.outcome, "only 5 requests succeeded before the blow, 10 are needed" in verdict.reason) == (
        Outcome.UNKNOWN,
        True,
    )


def test_lost_writes_are_red_even_when_the_length_of_the_outage_is_not_known():
    assert judged(STEADY, ids(STEADY)[1:], blows=[0.5]).outcome is Outcome.FAILED


def test_a_server_that_never_comes_back_is_red_though_its_rows_cannot_be_read():
    writes = [write(n, Fate.ACKNOWLEDGED if n < 20 else Fate.UNSENT) for n in range(60)]

    verdict = judged(writes, None, blows=[2.0], unread="nobody there", budget={"rto": "1s"})

    assert verdict.outcome is Outcome.FAILED
    assert verdict.reason.startswith("not recovered: rto > 3.9 s, budget 1 s")


def test_unanswered_writes_may_have_a_budget():
    writes = [*STEADY, write(60, Fate.UNANSWERED)]

    assert judged(writes, ids(STEADY)).outcome is Outcome.PASSED
    assert judged(writes, ids(STEADY), budget={"unknown": 0}).outcome is Outcome.FAILED
