"""The main job, as its user runs it."""

import xml.etree.ElementTree as ET

import pytest
from leaks import leaks

from drilling import ROOT, e2e_run


@pytest.mark.cluster
def test_the_whole_task_is_green_on_a_cluster_of_its_own(tmp_path):
    """`18/18 PASSED`, exit 0, and every report says the same."""
    ended = e2e_run(ROOT / "playbooks/task-34-14.yaml", "-i", ROOT / "inventories/embedded.yaml", cwd=tmp_path)

    assert ended.last == "18/18 PASSED", ended.out
    assert ended.code == 0
    assert [play["outcome"] for play in ended.plays().values()] == ["PASSED"] * 18
    suite = ET.parse(ended.folder / "junit.xml").getroot().find("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors"), suite.get("skipped")) == (
        "18",
        "0",
        "0",
        "0",
    )
    assert (ended.folder / "run.log").read_text().rstrip().endswith("18/18 PASSED")
    assert leaks(tmp_path / "logs", ended.out) == []


@pytest.mark.cluster
def test_the_journey_passes_twice_in_a_row(shop):
    """The second run finds the shop as the first one found it."""
    for _ in range(2):
        ended = shop.run("playbooks/smoke-journey.yaml", "-e", "deploy_demo=false")
        assert ended.last == "8/8 PASSED", ended.out
        assert leaks(shop.folder / "logs", ended.out) == []
