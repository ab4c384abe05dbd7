"""JUnit XML: one test case a play; FAILED is a failure, UNKNOWN an error, SKIPPED skipped."""

from __future__ import annotations

import re
from pathlib import Path

from junit_xml import TestCase, TestSuite, to_xml_report_string

from runner.core.events import Event, PlayFinished, RunStarted
from runner.core.summary import Summary, decides, summarize
from runner.core.verdict import Outcome

# Characters that XML 1.0 cannot hold, whatever a system under test has printed.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Reporter:
    """Collects and writes once, at the end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._events: list[Event] = []
        self._started: RunStarted | None = None

    def __call__(self, event: Event) -> None:
        """Keep what decides a play."""
        if isinstance(event, RunStarted):
            self._started = event
        if decides(event):
            self._events.append(event)

    def close(self) -> None:
        """Write the file."""
        summary = summarize(self._events)
        name = self._started.playbook if self._started else "run"
        cases = [_case(play, name) for play in summary.plays] + _debts(summary, name)
        suite = TestSuite(name, cases, properties=_properties(self._started, summary))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(to_xml_report_string([suite]), encoding="utf-8")


def _case(play: PlayFinished, suite: str) -> TestCase:
    figures = "\n".join(f"{key}: {value}" for key, value in play.numbers.items())
    case = TestCase(_clean(play.play), classname=suite, elapsed_sec=play.seconds, stdout=_clean(figures) or None)
    said = _clean(f"{play.reason} [{play.where}]" if play.where else play.reason)
    match play.outcome:
        case Outcome.FAILED:
            case.add_failure_info(said)
        case Outcome.UNKNOWN:
            case.add_error_info(said)
        case Outcome.SKIPPED:
            case.add_skipped_info(said)
    return case


def _debts(summary: Summary, suite: str) -> list[TestCase]:
    cases = []
    for label in summary.unmended:
        case = TestCase(f"undone: {_clean(label)}", classname=suite)
        case.add_error_info("not undone; run e2e-run recover")
        cases.append(case)
    return cases


def _properties(started: RunStarted | None, summary: Summary) -> dict[str, str]:
    facts = {"summary": summary.line, "exit_code": str(summary.exit_code)}
    if started:
        facts |= {"run": started.run, "inventory": started.inventory, "target": started.target}
    return {key: _clean(value) for key, value in facts.items()}


def _clean(text: str) -> str:
    return _NOT_XML.sub("�", text)
