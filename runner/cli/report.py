"""`e2e-run report [RUN]`: the reports of a stored run again, also of one that was killed."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from runner.cli import wiring
from runner.core.events import Event, from_record
from runner.reporters import Listening, console, junit, logfile


def main(argv: Sequence[str]) -> int:
    """Feed the stored events to the reporters; the exit code is the run's own."""
    made = argparse.ArgumentParser(prog="e2e-run report", description=__doc__)
    made.add_argument("run", nargs="?", help="id or folder of the run; the latest unless given")
    made.add_argument("--report", action="append", default=[], metavar="KIND=FILE", help="also this report")
    made.add_argument("-v", "--verbose", action="store_true", help="every step")
    args = made.parse_args(argv)
    folder = wiring.stored_run(args.run)
    shown = console.Reporter(str(folder), int(args.verbose))
    own = (logfile.Reporter(folder / "run.log"), junit.Reporter(folder / "junit.xml"))
    reporters: list[Listening] = [*own, *(wiring.reporter(request) for request in args.report), shown]
    for event in stored_events(folder):
        for reporter in reporters:
            reporter(event)
    for reporter in reporters:
        reporter.close()
    return shown.summary.exit_code


def stored_events(folder: Path) -> Iterator[Event]:
    """The events of a run; a last line that a kill cut off is passed over."""
    for line in (folder / "events.jsonl").open(encoding="utf-8"):
        try:
            record = json.loads(line)
        except ValueError:
            continue
        yield from_record(record)
