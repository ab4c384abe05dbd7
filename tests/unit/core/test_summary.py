"""Counts, closing line and exit code, from events alone."""

import pytest

from runner.core.events import Interrupted, PlayFinished, PlayStarted, RunFinished, RunStarted, UndoFinished, UndoOwed
from runner.core.narrate import closing
from runner.core.summary import summarize
from runner.core.verdict import Outcome

P, F, U, S = Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN, Outcome.SKIPPED


def started(*plays, **more):
    facts = {
        "run": "r", "playbook": "b", "path": "b.yaml", "sha256": "", "inventory": "i", "inventory_class": "local",
        "target": "", "runner": "", "user": "", "host": "", "python": "",
    }  # fmt: skip
    return RunStarted(**facts, plays=list(plays), **more)


def events(*outcomes, end=True, extra=(), **more):
    names = [f"p{number}" for number in range(len(outcomes))]
    finished = [PlayFinished(play=n, outcome=o, reason="r") for n, o in zip(names, outcomes, strict=True) if o]
    return [started(*names, **more), *finished, *extra, *([RunFinished(seconds=1)] if end else [])]


@pytest.mark.parametrize(
    ("outcomes", "line", "code"),
    [
        ((P, P), "2/2 PASSED", 0),
        ((P, F), "1/2 PASSED, 1 FAILED", 1),
        ((P, U), "1/2 PASSED, 1 UNKNOWN", 3),
        ((F, U), "0/2 PASSED, 1 FAILED, 1 UNKNOWN", 1),
        ((P, S), "1/2 PASSED, 1 SKIPPED", 0),
        ((S, S), "0/2 PASSED, 2 SKIPPED", 3),
        ((P, None), "1/2 PASSED, 1 UNKNOWN", 3),
        ((), "0/0 PASSED", 3),
    ],
)
def test_line_and_exit_code_say_the_same(outcomes, line, code):
    """`2/2 PASSED` only when both passed; a play that never ended is UNKNOWN."""
    summary = summarize(events(*outcomes))

    assert (summary.line, summary.exit_code) == (line, code)


def test_no_skips_makes_a_skipped_play_red():
    """A release gate may refuse to be green over what was not tried."""
    assert summarize(events(P, S, no_skips=True)).exit_code == 1


def test_what_is_not_mended_outweighs_all():
    """4 before 130 before 1."""
    owed = UndoOwed(play="p0", undo="1", label="scale")
    extra = [owed, Interrupted(by="SIGINT")]

    assert summarize(events(F, extra=extra)).exit_code == 4
    mended = UndoFinished(play="p0", undo="1", label="scale", mended=True, reason="", seconds=0)
    assert summarize(events(F, extra=[*extra, mended])).exit_code == 130


def test_a_killed_run_counts_nothing_as_passed_that_had_not_ended():
    """No last record: exit 3, and the play in the middle is named."""
    log = [*events(P, None, end=False), PlayStarted(play="p1", where="b.yaml:3")]
    summary = summarize(log)

    assert (summary.line, summary.exit_code, summary.interrupted) == ("1/2 PASSED, 1 UNKNOWN", 3, "killed")
    assert summary.plays[1].reason == "the run ended in the middle of it"


def test_plays_left_out_are_told_and_not_counted():
    """`1/1 PASSED, 17 not selected`."""
    assert summarize(events(P, not_selected=["x"] * 17)).line == "1/1 PASSED, 17 not selected"


def test_what_kept_all_plays_from_starting_is_said_once():
    """Eighteen times the same sentence hides it."""
    log = [started("p0", "p1", "p2"), RunFinished(seconds=1, problem="setup failed: no disk")]

    assert closing(summarize(log), "logs/r") == [
        "UNKNOWN 3 plays, from 'p0' to 'p2': setup failed: no disk",
        "0/3 PASSED, 3 UNKNOWN",
    ]
