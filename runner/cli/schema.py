"""`e2e-run schema [--inventory]`: the JSON schema of playbooks (or inventories), for editors."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Any

from runner import steps, targets


def main(argv: Sequence[str]) -> int:
    """Print the schema."""
    made = argparse.ArgumentParser(prog="e2e-run schema", description=__doc__)
    made.add_argument("--inventory", action="store_true", help="of inventories instead")
    print(json.dumps(_inventory() if made.parse_args(argv).inventory else _playbook(), indent=2))
    return 0


def _playbook() -> Any:
    from runner.playbook.schema import playbook_schema

    return playbook_schema({name: kind for name in steps.names() if (kind := steps.find(name))})


def _inventory() -> Any:
    from runner.playbook.schema import inventory_schema

    return inventory_schema({name: kind.Options for name in targets.names() if (kind := targets.find(name))})
