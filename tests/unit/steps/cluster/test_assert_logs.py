"""Logs: what must be there, what must not, and what cannot be read."""

import pytest
from pydantic import ValidationError

from runner.core.verdict import Outcome
from runner.steps.assert_logs import AssertLogs
from runner.testing import FakeCluster, FakeContext, run_step


def shop(**logs: str) -> FakeContext:
    cluster = FakeCluster()
    cluster.workload("Deployment", "web", 2)
    for pod, text in logs.items():
        cluster.log(pod.replace("_", "-"), text)
    return FakeContext(cluster)


def logs(**settings) -> AssertLogs:
    return AssertLogs(selector="app=web", **settings)


def test_one_pod_that_wrote_it_is_enough():
    verdict, _ = run_step(logs(pattern="listening on :\\d+"), shop(web_0="start\nlistening on :80", web_1="start"))

    assert verdict.reason == "read 3 lines of 2 pods: web-0 logged: listening on :80"


def test_each_wants_it_of_every_pod():
    verdict, _ = run_step(logs(pattern="listening", each=True), shop(web_0="listening", web_1="start"))

    assert verdict.outcome is Outcome.FAILED
    assert verdict.reason == "'listening' is not in the log of web-1"


def test_an_unwanted_line_is_shown():
    verdict, _ = run_step(logs(absent="ERROR"), shop(web_0="fine", web_1="ERROR: disk full"))

    assert verdict.reason == "web-1 logged: ERROR: disk full"


def test_a_log_that_cannot_be_read_shows_no_absence():
    verdict, _ = run_step(logs(absent="ERROR"), shop(web_0="fine"))

    assert verdict.outcome is Outcome.FAILED
    assert "no log of web-1" in verdict.reason


def test_no_pod_is_failed():
    assert run_step(AssertLogs(selector="app=none", absent="x"), shop())[0].outcome is Outcome.FAILED


@pytest.mark.parametrize("settings", [{}, {"pattern": "("}])
def test_a_broken_pattern_is_bad_input(settings):
    with pytest.raises(ValidationError):
        logs(**settings)
