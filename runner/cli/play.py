"""`e2e-run PLAYBOOK… -i INVENTORY`: load, check, run, report."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from runner.core.errors import InvalidInput, Mistake

T = TypeVar("T")

EPILOG = """\
beside it: e2e-run cluster|init|recover|report|schema|steps, each with --help

exit codes: 0 green, 1 the system failed a check, 2 playbook, inventory or usage is wrong (nothing was touched),
3 nothing is proven, 4 something could not be undone (run e2e-run recover), 130 interrupted and undone"""


def parser() -> argparse.ArgumentParser:
    """The flags; Ansible's where Ansible has one."""
    made = argparse.ArgumentParser(
        prog="e2e-run",
        description="Run playbooks of typed steps against an inventory; end with `18/18 PASSED` only when it is true.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("playbooks", nargs="+", metavar="PLAYBOOK", type=Path)
    made.add_argument("-i", "--inventory", help="path, or name of a file in inventories/ (embedded, k3d, minikube)")
    made.add_argument(
        "-e", "--extra-vars", action="append", default=[], metavar="K=V", help="a variable (YAML), or @file"
    )
    made.add_argument("-t", "--tags", action="append", default=[], help="only plays with one of these tags (a,b)")
    made.add_argument("--skip-tags", action="append", default=[], help="no plays with one of these tags (a,b)")
    made.add_argument("--start-at", metavar="PLAY", help="leave out the plays before this one")
    made.add_argument("--check", action="store_true", help="load, check and resolve; touch nothing, write nothing")
    made.add_argument("--list", action="store_true", help="list the plays and their steps")
    made.add_argument(
        "--report", action="append", default=[], metavar="KIND=FILE", help="one more report, such as junit=out.xml"
    )
    made.add_argument("--no-skips", action="store_true", help="a skipped play makes the exit code 1")
    made.add_argument("--timeout", metavar="10m", help="time limit of the whole run; then it is undone and UNKNOWN")
    made.add_argument("--keep-cluster", action="store_true", help="leave the embedded cluster that this run started")
    made.add_argument("-q", "--quiet", action="store_true", help="the closing lines only")
    made.add_argument("-v", "--verbose", action="store_true", help="every step")
    made.add_argument("--version", action="store_true", help="print the version")
    return made


def main(argv: Sequence[str]) -> int:
    """Run the playbooks one after the other; the worst exit code speaks for all."""
    args = parser().parse_args(argv)
    missing = [Mistake(None, _missing(path)) for path in args.playbooks if not path.is_file()]
    if missing:
        raise InvalidInput(missing)
    if args.list or (args.check and not args.inventory):
        return _look(args)
    if not args.inventory:
        raise InvalidInput([Mistake(None, "no inventory; add -i NAME, such as -i embedded")])
    from runner.cli.drill import Drill

    drills = _all(partial(Drill.load, path, args) for path in args.playbooks)
    if args.check:
        return max(drill.check() for drill in drills)
    codes = []
    for drill in drills:
        codes.append(drill.run())
        if codes[-1] in (4, 130):
            break
    return min(codes, key=(4, 130, 1, 3, 0).index)


def _missing(path: Path) -> str:
    return f"{path} is a folder; name its playbooks" if path.is_dir() else f"{path}: no such playbook"


def _all(loads: Iterable[Callable[[], T]]) -> list[T]:
    """Do them all, and tell what is wrong with any of them together."""
    done: list[T] = []
    mistakes: list[Mistake] = []
    for load in loads:
        try:
            done.append(load())
        except InvalidInput as error:
            mistakes += error.mistakes
    if mistakes:
        raise InvalidInput(list(dict.fromkeys(mistakes)))
    return done


def _look(args: argparse.Namespace) -> int:
    from runner.cli.listing import check, listing

    show = partial(listing, args=args) if args.list else check
    _all(partial(show, path) for path in args.playbooks)
    return 0
