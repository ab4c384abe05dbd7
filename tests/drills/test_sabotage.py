"""Each way to break the shop, and the exact verdict of each of the 18 plays then.

A case says what is broken (`break`: lines of shell), the verdicts of all plays that are not PASSED with a pattern for
the reason, and with which `flags` the playbook runs; `before` is run on the empty cluster, and `deployed: false` leaves
it so. The plays that take long run only where a case names them; SABOTAGE=all in the environment runs all 18 each time.
"""

import os
import re
from pathlib import Path

import pytest
import yaml
from leaks import leaks

from drilling import ROOT

CASES = sorted((Path(__file__).parent / "sabotage").glob("*.yaml"))
PLAYBOOK = "playbooks/task-34-14.yaml"
PLAYS = {play["name"]: play for play in yaml.safe_load((ROOT / PLAYBOOK).read_text())["plays"]}
LONG = {"failover", "self-healing", "hpa", "persistence"}
"""Tags of plays that take 5 to 30 seconds."""


@pytest.mark.cluster
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_sabotage_reddens_what_it_must_and_nothing_else(path, cluster):
    """The check that can see the damage is red for the right reason, the others stay green, and no secret is told."""
    case = yaml.safe_load(path.read_text())

    ended = sabotaged(cluster, case)

    assert differences(case["verdicts"], ended) == [], ended.out
    assert leaks(cluster.folder / "logs", ended.out) == []


def sabotaged(cluster, case):
    """Deploy the shop, break it, and run the playbook on what is left."""
    for line in case.get("before", []):
        cluster.shell(line)
    if case.get("deployed", True):
        cluster.deploy_shop()
    for line in case["break"]:
        cluster.shell(line)
    return cluster.run(PLAYBOOK, "-e", "deploy_demo=false", *case.get("flags", []), *skipped(case["verdicts"]))


def skipped(verdicts):
    """The flags that leave out what takes long and is not expected to change."""
    needed = {tag for name in verdicts for tag in PLAYS[name]["tags"]}
    left_out = sorted(LONG - needed) if os.environ.get("SABOTAGE") != "all" else []
    return ["--skip-tags", ",".join(left_out)] if left_out else []


def differences(expected, ended):
    """What differs from the verdicts that the case names; plays that it does not name must be PASSED."""
    run, plays = ended.selected(), ended.plays()
    wrong = [f"did not run: {name}" for name in expected if name not in run]
    for name in run:
        ((verdict, pattern),) = expected.get(name, {"PASSED": ""}).items()
        seen = plays.get(name, {"outcome": "nothing", "reason": "the run ended before it"})
        if seen["outcome"] != verdict or not re.search(pattern, seen["reason"]):
            wrong.append(f"{name}: wanted {verdict} {pattern!r}, got {seen['outcome']} {seen['reason']!r}")
    return wrong
