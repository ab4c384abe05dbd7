"""`e2e-run schema [--inventory]`: the JSON schema of playbooks (or inventories), for editors."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

from runner import steps


def main(argv: Sequence[str]) -> int:
    """Print the schema."""
    made = argparse.ArgumentParser(prog="e2e-run schema", description=__doc__)
    made.parse_args(argv)
    from runner.playbook.schema import playbook_schema

    found = {name: kind for name in steps.names() if (kind := steps.find(name))}
    print(json.dumps(playbook_schema(found), indent=2))
    return 0
