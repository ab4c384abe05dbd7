"""`e2e-run recover [RUN] -i INVENTORY`: what a journal still owes is run now, in any process, on any machine."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from pathlib import Path

from runner.cli import wiring
from runner.cli.drill import connector
from runner.core.errors import InvalidInput, Mistake
from runner.engine.journal import Debts, read, unfinished
from runner.engine.recover import Recovery
from runner.playbook.plan import Inventory


def main(argv: Sequence[str]) -> int:
    """Mend; 0 when all is whole, 4 when something is not."""
    made = argparse.ArgumentParser(prog="e2e-run recover", description=__doc__)
    made.add_argument("run", nargs="?", help="id or folder of the run; all unfinished ones unless given")
    made.add_argument("-i", "--inventory", required=True, help="where it was run")
    args = made.parse_args(argv)
    inventory = wiring.inventory(args.inventory)
    owing = _owing(args.run, inventory)
    if not owing:
        print("nothing is owed: all was whole")
        return 0
    return max(asyncio.run(_mend(debts, inventory)) for debts in owing)


def _owing(run: str | None, inventory: Inventory) -> list[Debts]:
    if run is None:
        return unfinished(wiring.LOGS, inventory.name)
    debts = read(_journal(run))
    return [debts] if debts.entries else []


def _journal(run: str) -> Path:
    folder = wiring.stored_run(run)
    path = folder / "journal.jsonl"
    if not path.exists():
        raise InvalidInput([Mistake(None, f"{folder} has no journal: that run broke nothing")])
    return path


async def _mend(debts: Debts, inventory: Inventory) -> int:
    run = debts.environment["run"]
    recovery = Recovery(debts, inventory, connector(run, keep=True, start=False), wiring.kinds())
    broken = await recovery.run()
    for sentence in recovery.gone:
        print(f"nothing to mend: {sentence}")
    for label in recovery.mended:
        print(f"mended: {label}")
    for label in broken:
        print(f"NOT MENDED: {label}")
    return 4 if broken else 0
