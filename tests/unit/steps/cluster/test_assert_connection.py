"""Allowed, denied, and what proves neither."""

import subprocess

import pytest
from pydantic import ValidationError

from runner.core.connecting import SCRIPT, outcome
from runner.core.target import CommandResult
from runner.core.verdict import Outcome
from runner.steps.assert_connection import AssertConnection
from runner.testing import FakeCluster, FakeContext, run_step


def shop(code: int, stdout: str = "", stderr: str = "") -> FakeContext:
    cluster = FakeCluster()
    cluster.workload("Deployment", "web", 1)
    cluster.on_exec(lambda pod, argv, stdin: CommandResult(code, stdout, stderr))
    return FakeContext(cluster)


def connection(expect: str, source=None) -> AssertConnection:
    return AssertConnection.model_validate(
        {"from": source or {"selector": "app=web"}, "to": "db:5432", "expect": expect}
    )


@pytest.mark.parametrize(
    ("code", "stdout", "stderr", "word"),
    [
        (0, "open 10.0.0.1\n", "", "open"),
        (1, "", "refused 10.0.0.1\n", "refused"),
        (1, "", "timeout 10.0.0.1\n", "timeout"),
        (1, "", "unresolved Name or service not known\n", "unresolved"),
        (1, "", "unreachable 10.0.0.1 No route to host\n", "unreachable"),
        (0, "open\n", "db (10.0.0.1:5432) open\n", "open"),
        (1, "", "nc: bad address 'db'\n", "unresolved"),
        (1, "", "nc: can't connect to remote host (10.0.0.1): Connection refused\n", "refused"),
        (1, "", "nc: timed out\n", "timeout"),
        (1, "", "nc: connect to db (10.0.0.1) port 5432 (tcp) timed out: Operation now in progress\n", "timeout"),
        (143, "", "", "timeout"),
        (127, "", "sh: nc: not found\n", "unknown"),
    ],
)
def test_the_words_of_python_and_of_every_nc_are_understood(code, stdout, stderr, word):
    assert outcome(CommandResult(code, stdout, stderr)).outcome == word


@pytest.mark.parametrize(
    ("answers", "word"),
    [("exit 0", "open"), ('echo "nc: timed out" >&2; exit 1', "timeout")],
)
def test_an_nc_that_cannot_only_look_is_told_to_run_true(tmp_path, answers, word):
    """Debian's busybox has neither -z nor -v; its usage text is no answer of the network."""
    small = tmp_path / "nc"
    small.write_text(
        "#!/bin/sh\n"
        '[ "$1" = -z ] && { echo "nc: invalid option -- \'z\'" >&2; exit 1; }\n'
        f'[ "$*" = "-w 2 db 5432 -e true" ] && {{ {answers}; }}\n'
        "exit 9\n"
    )
    small.chmod(0o755)

    done = subprocess.run(
        ["/bin/sh", "-c", SCRIPT, "sh", "db", "5432", "2"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert outcome(CommandResult(done.returncode, done.stdout, done.stderr)).outcome == word


@pytest.mark.parametrize(
    ("stderr", "expect", "wanted"),
    [
        ("", "allowed", Outcome.PASSED),
        ("", "denied", Outcome.FAILED),
        ("timeout 10.0.0.1", "allowed", Outcome.FAILED),
        ("timeout 10.0.0.1", "denied", Outcome.PASSED),
        ("refused 10.0.0.1", "denied", Outcome.PASSED),
        ("unresolved no such name", "allowed", Outcome.FAILED),
        ("unresolved no such name", "denied", Outcome.UNKNOWN),
        ("unknown neither python3 nor nc", "allowed", Outcome.UNKNOWN),
    ],
)
def test_what_was_not_tried_denies_nothing(stderr, expect, wanted):
    verdict, _ = run_step(connection(expect), shop(1 if stderr else 0, stderr=stderr))

    assert verdict.outcome is wanted


def test_a_new_pod_is_owed_before_it_is_made():
    ctx = shop(1, stderr="timeout 10.0.0.1")

    verdict, seen = run_step(connection("denied", {"namespace": "default", "labels": {"role": "outsider"}}), ctx)

    assert verdict.outcome is Outcome.PASSED
    (undo,) = ctx.undos
    made = ctx.cluster.objects["Pod", "default", seen.data["pod"]]
    assert made["metadata"]["labels"] == {"role": "outsider", "e2e-run/id": "drill-1"}
    assert undo.model_dump(exclude_defaults=True) == {
        "kind": "Pod",
        "name": seen.data["pod"],
        "namespace": "default",
        "run": "drill-1",
        "grace": "0s",
    }


def test_looking_again_makes_no_second_pod():
    ctx = shop(1, stderr="refused 10.0.0.1")

    verdict, _ = run_step(connection("allowed", {"namespace": "default"}), ctx, within=5.0)

    assert verdict.outcome is Outcome.FAILED
    assert sum(call.startswith("create Pod") for call in ctx.cluster.calls) == 1
    assert len(ctx.undos) == 1


def test_a_client_that_does_not_start_proves_nothing():
    ctx = shop(0)
    ctx.cluster.starting = 3600.0

    verdict, _ = run_step(connection("denied", {"namespace": "default"}), ctx)

    assert verdict.outcome is Outcome.UNKNOWN


def test_no_pod_to_start_from_is_failed():
    verdict, _ = run_step(connection("allowed", {"selector": "app=none"}), shop(0))

    assert verdict.reason == "matched nothing: no pod has app=none in namespace shop"


@pytest.mark.parametrize("to", ["db", "db:http", "db:99999", 5432])
def test_an_address_without_a_port_is_bad_input(to):
    with pytest.raises(ValidationError, match="no host:port"):
        AssertConnection.model_validate({"from": {"selector": "a=b"}, "to": to, "expect": "denied"})
