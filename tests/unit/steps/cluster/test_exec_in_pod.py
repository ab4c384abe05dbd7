"""Commands in pods: code, output, and who is to blame when there is none."""

import pytest
from pydantic import ValidationError

from runner.core.target import ApiRefused, CommandResult
from runner.core.verdict import Outcome
from runner.steps.exec_in_pod import ExecInPod
from runner.testing import FakeCluster, FakeContext, run_step


def shop(answer=None) -> FakeContext:
    cluster = FakeCluster()
    cluster.workload("Deployment", "web", 3)
    if answer:
        cluster.on_exec(answer)
    return FakeContext(cluster)


def says(code: int, stdout: str = "", stderr: str = ""):
    return lambda pod, argv, stdin: CommandResult(code, stdout, stderr)


def test_the_output_is_registered_without_its_line_end():
    verdict, seen = run_step(ExecInPod(selector="app=web", command=["id"]), shop(says(0, "42\n")))

    assert verdict.reason == "code 0 in web-0: 42"
    assert (seen.data["stdout"], seen.data["code"], seen.data["pod"]) == ("42", 0, "web-0")


def test_a_line_goes_to_the_shell():
    seen_argv = []

    def note(pod, argv, stdin):
        seen_argv.append(argv)
        return CommandResult(0, "", "")

    run_step(ExecInPod(selector="app=web", command="echo $HOME"), shop(note))

    assert seen_argv == [["sh", "-c", "echo $HOME"]]


def test_a_wrong_code_shows_the_last_line():
    verdict, _ = run_step(
        ExecInPod(selector="app=web", command=["x"]), shop(says(1, stderr="Traceback\nOperationalError: no route"))
    )

    assert verdict.outcome is Outcome.FAILED
    assert verdict.reason == "web-0: code 1, not 0: OperationalError: no route"


def test_json_output_can_be_asked():
    step = ExecInPod(selector="app=web", command=["x"], that="object.json.status == 'ok'")

    assert run_step(step, shop(says(0, '{"status": "ok"}')))[0].outcome is Outcome.PASSED
    assert run_step(step, shop(says(0, '{"status": "down"}')))[0].outcome is Outcome.FAILED
    assert run_step(step, shop(says(0, "no json")))[0].outcome is Outcome.FAILED


def test_each_asks_every_pod_and_names_the_wrong_one():
    def answer(pod, argv, stdin):
        return CommandResult(1 if pod == "web-1" else 0, "", "")

    verdict, seen = run_step(ExecInPod(selector="app=web", command=["x"], each=True), shop(answer))

    assert verdict.reason == "1 of 3 pods: web-1: code 1, not 0: no output"
    assert len(seen.data["runs"]) == 3


def test_one_pod_is_a_ready_one():
    ctx = shop(says(0))
    ctx.cluster.change("Pod", "web-0", conditions=[{"type": "Ready", "status": "False"}])

    _, seen = run_step(ExecInPod(selector="app=web", command=["x"]), ctx)

    assert seen.data["pod"] == "web-1"


def test_a_command_that_hangs_is_the_systems_fault():
    def hang(pod, argv, stdin):
        raise TimeoutError

    verdict, _ = run_step(ExecInPod(selector="app=web", command=["x"], timeout="3s"), shop(hang))

    assert verdict.outcome is Outcome.FAILED
    assert "did not end within 3 s" in verdict.reason


def test_a_container_that_does_not_run_is_the_systems_fault():
    ctx = shop()
    waiting = {"name": "main", "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "restartCount": 3}
    for name in ("web-0", "web-1", "web-2"):
        ctx.cluster.change("Pod", name, containerStatuses=[waiting])

    verdict, _ = run_step(ExecInPod(selector="app=web", command=["x"]), ctx)

    assert verdict.outcome is Outcome.FAILED
    assert "container main does not run: main: CrashLoopBackOff, 3 restarts" in verdict.reason


def test_a_node_that_does_not_answer_is_unknown():
    ctx = shop()
    ctx.cluster.nodes_away = {"node-1"}

    verdict, _ = run_step(ExecInPod(pod="web-0", command=["x"]), ctx)

    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.reason == "the kubelet of node-1 does not answer for web-0 (503)"


def test_a_missing_program_is_the_systems_fault():
    def missing(pod, argv, stdin):
        raise ApiRefused(500, "InternalError", 'exec: "x": executable file not found in $PATH')

    verdict, _ = run_step(ExecInPod(selector="app=web", command=["x"]), shop(missing))

    assert verdict.outcome is Outcome.FAILED
    assert "executable file not found" in verdict.reason


def test_no_pod_is_failed():
    verdict, _ = run_step(ExecInPod(selector="app=cache", command=["x"]), shop())

    assert verdict.reason == "matched nothing: no pod has app=cache in namespace shop"


def test_a_look_may_take_as_long_as_its_command():
    assert ExecInPod(selector="a=b", command=["x"], timeout="14s").look_limit > 14


@pytest.mark.parametrize("settings", [{"command": ["x"]}, {"selector": "a=b", "command": []}])
def test_an_aimless_command_is_bad_input(settings):
    with pytest.raises(ValidationError):
        ExecInPod(**settings)
