"""Console, log and JUnit are functions of the events, and agree."""

import io
import xml.etree.ElementTree as ET

import pytest
from rich.console import Console

from runner.core.events import (
    EvidenceKept,
    PhaseStarted,
    PlayFinished,
    PlayStarted,
    RunFinished,
    RunStarted,
    from_record,
    to_record,
)
from runner.core.verdict import Outcome
from runner.reporters import console, junit, logfile


@pytest.fixture
def events():
    start = RunStarted(
        run="r", playbook="book", path="b.yaml", sha256="", inventory="i", inventory_class="local", target="t",
        runner="0", user="u", host="h", python="3", plays=["good", "bad", "torn", "left"],
    )  # fmt: skip
    bad = {"where": "b.yaml:7", "evidence": "evidence/bad", "reason": "look: 1 of 3\x00 pods are ready"}
    return [
        start,
        PlayStarted(play="good", where="b.yaml:2"),
        PlayFinished(play="good", outcome=Outcome.PASSED, reason="all there", numbers={"rto": 1.5}),
        EvidenceKept(play="bad", path="evidence/bad/01-log"),
        PlayFinished(play="bad", outcome=Outcome.FAILED, **bad),
        PlayFinished(play="torn", outcome=Outcome.UNKNOWN, reason="no proof"),
        PlayFinished(play="left", outcome=Outcome.SKIPPED, reason="lacks metrics"),
        RunFinished(seconds=3),
    ]


def feed(reporter, events):
    for event in events:
        reporter(event)
    reporter.close()


def test_records_of_events_read_back_as_the_same_events(events):
    """`report` makes from stored events what the run showed."""
    assert [from_record(to_record(event)) for event in events] == events


def test_junit_counts_as_the_summary_does(events, tmp_path):
    """FAILED is a failure, UNKNOWN an error, SKIPPED skipped; bytes that XML cannot hold do no harm."""
    feed(junit.Reporter(tmp_path / "out/junit.xml"), events)
    suite = ET.parse(tmp_path / "out/junit.xml").getroot().find("testsuite")

    counts = [suite.get(key) for key in ("tests", "failures", "errors", "skipped")]
    assert counts == ["4", "1", "1", "1"]
    assert "1 of 3" in suite.find("testcase/failure").get("message")


def test_the_console_says_why_and_where_the_evidence_lies(events):
    """One line for each play that is not green, then the line that counts, last."""
    out = io.StringIO()
    feed(console.Reporter("logs/r", out=out), events)
    lines = out.getvalue().splitlines()

    assert lines[-1] == "1/4 PASSED, 1 FAILED, 1 UNKNOWN, 1 SKIPPED"
    assert any(line.endswith("pods are ready [b.yaml:7]; evidence: logs/r/evidence/bad") for line in lines)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("environment", "coloured"), [({"NO_COLOR": "1"}, False), ({}, True)])
def test_a_terminal_has_colours_unless_told_otherwise(monkeypatch, environment, coloured):
    """NO_COLOR is honoured, by the live line too; what has ended stands there once."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in {"TERM": "xterm", "COLUMNS": "60", **environment}.items():
        monkeypatch.setenv(name, value)
    out = Terminal()
    finished = PlayFinished(play="p", outcome=Outcome.PASSED, reason="so it is")
    feed(console.Reporter("logs/r", out=out), [PhaseStarted(phase="setup"), PlayStarted(play="p", where=""), finished])

    assert ("\033[32m" in out.getvalue()) is coloured
    assert out.getvalue().count("so it is") == 1
    assert "setup 0 s" in out.getvalue()


def test_the_live_line_is_one_line():
    """However long a reason is, and whatever is in it, the terminal does not scroll."""
    line = console._Line("[1/2] a play", 0.0)
    line.doing = "[/not] markup\nand more " * 20

    assert len(Console(width=40, file=io.StringIO()).render_lines(line)) == 1


def test_quiet_shows_the_closing_lines_only(events):
    """For pipelines that want the result and nothing else."""
    out = io.StringIO()
    feed(console.Reporter("logs/r", -1, out), events)

    assert not any("PLAY" in line for line in out.getvalue().splitlines())


def test_the_log_file_has_times_and_the_same_last_line(events, tmp_path):
    """Each line has the wall time; the last one is what the console said."""
    feed(logfile.Reporter(tmp_path / "run.log"), events)

    assert (tmp_path / "run.log").read_text().splitlines()[-1] == "1/4 PASSED, 1 FAILED, 1 UNKNOWN, 1 SKIPPED"
