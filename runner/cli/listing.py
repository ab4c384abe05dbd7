"""`--list` and `--check` without an inventory: what a playbook holds, from its text alone."""

from __future__ import annotations

import argparse
from pathlib import Path

from runner.cli import wiring
from runner.cli.selection import select
from runner.playbook.load import check_playbook
from runner.playbook.plan import PlaybookPlan, nodes_of, steps_in


def listing(path: Path, args: argparse.Namespace) -> None:
    """Print the plays that would run, their tags and steps."""
    plan = check_playbook(path, wiring.kinds(path))
    selected = select(plan, args)
    print(f"{plan.name}: {plan.description}" if plan.description else plan.name)
    for number, play in enumerate(plan.plays, 1):
        if play.name in selected:
            tags = f" [{', '.join(play.tags)}]" if play.tags else ""
            print(f"{number:3} {play.name}{tags} {play.where}")
            for step in steps_in(nodes_of(play)):
                print(f"      {step.kind}: {step.name}")


def check(path: Path) -> None:
    """Print that nothing is wrong; mistakes are raised by the loader."""
    plan = check_playbook(path, wiring.kinds(path))
    warn(plan)
    print(f"{path}: {len(plan.plays)} plays, nothing wrong")


def warn(plan: PlaybookPlan) -> None:
    """Print what is no mistake but worth a look: a play that judges nothing, a name that only an inventory can have."""
    for warning in plan.warnings:
        print(f"warning: {warning}")
