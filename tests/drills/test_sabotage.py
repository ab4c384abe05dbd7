"""Each way to break the shop, and the exact verdict of each of the 18 plays then."""

import re
from pathlib import Path

import pytest
import yaml

CASES = sorted((Path(__file__).parent / "sabotage").glob("*.yaml"))
ALL = [play["name"] for play in yaml.safe_load(Path("playbooks/task-34-14.yaml").read_text())["plays"]]


@pytest.mark.cluster
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_sabotage_reddens_what_it_must_and_nothing_else(path, shop):
    """The check that can see the damage is red for the right reason; the others stay green."""
    case = yaml.safe_load(path.read_text())
    for line in case["break"]:
        shop.shell(line)

    ended = shop.run("playbooks/task-34-14.yaml", "-e", "deploy_demo=false", *case.get("flags", []))

    assert differences(case["verdicts"], ended.plays()) == []


def differences(expected, plays):
    """What differs from the verdicts that the case names; plays that it does not name must be PASSED."""
    wrong = [f"no such play: {name}" for name in expected if name not in ALL]
    for name in ALL:
        ((verdict, pattern),) = expected.get(name, {"PASSED": ""}).items()
        seen = plays[name]
        if seen["outcome"] != verdict or not re.search(pattern, seen["reason"]):
            wrong.append(f"{name}: wanted {verdict} {pattern!r}, got {seen['outcome']} {seen['reason']!r}")
    return wrong
