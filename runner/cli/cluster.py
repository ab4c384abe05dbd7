"""`e2e-run cluster up|down|status`: the embedded cluster, kept until it is told to end."""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Sequence
from pathlib import Path

from runner.targets import embedded


def main(argv: Sequence[str]) -> int:
    """Hand the words to the cluster's own program; its exit code is ours."""
    made = argparse.ArgumentParser(prog="e2e-run cluster", description=__doc__)
    made.add_argument("word", choices=["up", "down", "status"])
    made.add_argument("--name", default=embedded.SHARED, help="several clusters can run side by side")
    made.add_argument("--images", action="append", type=Path, help="folder of image recipes")
    args = made.parse_args(argv)
    embedded.supported()
    words = [args.word, args.name]
    if args.word == "up":
        for folder in args.images or embedded.image_folders():
            words += ["--images", str(folder)]
    return subprocess.run(embedded.program(words), env=embedded.environment(), check=False).returncode
