"""`e2e-run steps [KIND]`: the manual of the step kinds, from their own files."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Sequence

from runner import steps
from runner.core.errors import InvalidInput, Mistake


def main(argv: Sequence[str]) -> int:
    """Print the table of kinds, or one kind's page."""
    made = argparse.ArgumentParser(prog="e2e-run steps", description=__doc__)
    made.add_argument("kind", nargs="?", help="such as kill-pod")
    args = made.parse_args(argv)
    from runner.cli.manual import page, table

    if args.kind is None:
        print(table())
        return 0
    found = steps.find(args.kind)
    if found is None:
        near = difflib.get_close_matches(args.kind, steps.names(), 1)
        hint = f'; did you mean "{near[0]}"?' if near else ""
        raise InvalidInput([Mistake(None, f"no step kind {args.kind}{hint}")])
    print(page(found))
    return 0
