"""What a drill broke is mended, whoever ends it in the middle."""

import signal
import xml.etree.ElementTree as ET

import pytest
from leaks import leaks

from drilling import e2e_run

PLAYBOOK = "playbooks/task-34-14.yaml"
PLAY = "PostgreSQL failover in under 30 seconds, nothing lost"
IN_THE_MIDDLE = ["-e", "deploy_demo=false", "--start-at", PLAY]
TABLES = "select count(*) from pg_tables where tablename like 'e2e%'"


@pytest.mark.cluster
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_a_run_that_is_interrupted_leaves_nothing_broken(number, shop):
    """Exit 130, the ledger's table and our pods are gone, the shop is healthy, and all reports say the same."""
    running = shop.start(PLAYBOOK, *IN_THE_MIDDLE)
    folder = running.wait_for("struck")

    running.process.send_signal(number)
    ended = running.ended()

    assert ended.code == 130, ended.out
    assert ended.plays()[PLAY]["outcome"] == "UNKNOWN"
    assert ended.plays()[PLAY]["reason"] == f"interrupted by {signal.Signals(number).name}"
    assert whole(shop) == []
    assert agreement(ended) == []
    assert leaks(folder, ended.out) == []


@pytest.mark.cluster
def test_a_run_that_is_killed_is_recovered_by_the_next_process(shop):
    """Until then nobody else may break this system; what was known of the run is still reported."""
    running = shop.start(PLAYBOOK, *IN_THE_MIDDLE)
    folder = running.wait_for("struck")
    running.process.kill()
    running.process.communicate()

    refused = shop.run(PLAYBOOK, *IN_THE_MIDDLE)
    report = e2e_run("report", folder.name, cwd=shop.folder)
    first = e2e_run("recover", folder.name, "-i", shop.inventory, cwd=shop.folder)
    second = e2e_run("recover", folder.name, "-i", shop.inventory, cwd=shop.folder)

    assert refused.code == 4, refused.out
    assert f"e2e-run recover {folder.name}" in refused.out
    assert "the run ended in the middle of it" in report.out, report.out
    assert "0/11 PASSED, 11 UNKNOWN" in report.out
    assert first.code == 0, first.out
    assert "mended: " in first.out
    assert (second.code, second.out.strip()) == (0, "nothing is owed: all was whole")
    assert whole(shop) == []
    assert leaks(folder, report.out, first.out) == []


def whole(shop):
    """What a drill has left behind."""
    healthy = shop.run("tests/drills/shop.yaml")
    leader = shop.shell("kubectl -n jewelry-shop get pods -l spilo-role=master -o name").strip()
    asked = f'kubectl -n jewelry-shop exec {leader} -- psql -h /tmp -U postgres -d shop -Atc "{TABLES}"'
    tables = shop.shell(asked).strip()
    pods = shop.shell("kubectl get pods -A -o name | grep e2e- || true").strip()
    found = {"shop": (healthy.last, "1/1 PASSED"), "tables": (tables, "0"), "pods": (pods, "")}
    return [f"{name}: {seen}, wanted {wanted!r}" for name, (seen, wanted) in found.items() if seen != wanted]


def agreement(ended):
    """Where console, log file, JUnit and events differ."""
    suite = ET.parse(ended.folder / "junit.xml").getroot().find("testsuite")
    events = ended.plays().values()
    unknown = len(ended.selected()) - sum(event["outcome"] != "UNKNOWN" for event in events)
    wrong = [] if suite.get("errors") == str(unknown) else [f"junit counts {suite.get('errors')}, events {unknown}"]
    wrong += [] if f"{unknown} UNKNOWN" in ended.last else [f"console: {ended.last}, events {unknown} UNKNOWN"]
    log = (ended.folder / "run.log").read_text().strip().splitlines()[-1]
    return wrong + ([] if log.endswith(ended.last) else [f"log file: {log}, console: {ended.last}"])
