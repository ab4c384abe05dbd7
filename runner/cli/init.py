"""`e2e-run init [FOLDER]`: a playbook, an inventory and a small system that run as they are."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

from runner.core.errors import InvalidInput, Mistake

STARTER = Path(__file__).parent / "starter"


def main(argv: Sequence[str]) -> int:
    """Copy the starter; nothing that is there is overwritten."""
    made = argparse.ArgumentParser(prog="e2e-run init", description=__doc__)
    made.add_argument("folder", nargs="?", type=Path, default=Path(), help="where to write; here unless given")
    folder = made.parse_args(argv).folder
    files = sorted(path.relative_to(STARTER) for path in STARTER.rglob("*") if path.is_file())
    there = [
        Mistake(None, f"{folder / path} is there already; nothing was written")
        for path in files
        if (folder / path).exists()
    ]
    if there:
        raise InvalidInput(there)
    try:
        for path in files:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(STARTER / path, folder / path)
            print(f"wrote {folder / path}")
    except OSError as error:
        raise InvalidInput(
            [Mistake(None, f"{error.filename or folder}: cannot be written: {error.strerror}")]
        ) from error
    prefix = "" if folder == Path() else f"cd {folder} && "
    print(f"now: {prefix}e2e-run first-drill.yaml -i mine")
    return 0
