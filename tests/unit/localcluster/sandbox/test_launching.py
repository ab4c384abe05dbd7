"""Specs as the spawner is told them."""

from pathlib import Path

import pytest

from localcluster.sandbox import launching
from localcluster.sandbox.container import exit_of
from localcluster.sandbox.layout import _programs, _without_nested, detect
from localcluster.sandbox.runtime import ContainerSpec, Exit, Mount, PodSpec, SandboxError
from localcluster.sandbox.spawn import Ended

POD = PodSpec("u", "shop", "web", "web", "", "10.244.1.2")


def spec(**changes) -> ContainerSpec:
    values = {
        "name": "c",
        "argv": ["true"],
        "env": {},
        "uid": 101,
        "gid": 101,
        "workdir": "",
        "mounts": (),
        "log": Path("/nowhere"),
    }
    return ContainerSpec(**{**values, **changes})


def test_the_image_wins_over_what_every_container_has():
    env = launching.environment(POD, spec(env={"PATH": "/app", "HOME": "/data"}))

    assert env == {"PATH": "/app", "HOME": "/data", "HOSTNAME": "web"}


def test_only_a_terminal_has_a_type():
    assert "TERM" not in launching.environment(POD, spec())
    assert launching.environment(POD, spec(tty=True))["TERM"] == "xterm"


def test_a_mount_on_a_relative_path_is_refused():
    with pytest.raises(SandboxError, match="not an absolute path"):
        launching.plan_values(POD, spec(mounts=[Mount(Path("/tmp"), "data")]))


def test_mounts_keep_their_order():
    mounts = [Mount(Path("/a"), "/x"), Mount(Path("/b"), "/x/y/", read_only=True)]

    assert launching.plan_values(POD, spec(mounts=mounts))["mounts"] == [("/a", "/x", False), ("/b", "/x/y", True)]


def test_nothing_to_execute_is_refused():
    with pytest.raises(SandboxError, match="no command"):
        launching.launch_values(spec(), [], tty=False)


def test_a_signal_is_told_as_shells_do():
    assert exit_of(Ended(-9, 0.0), oom_killed=True) == Exit(137, 9, oom_killed=True)
    assert exit_of(Ended(3, 0.0), oom_killed=False) == Exit(3)


def test_folders_inside_others_are_shown_once():
    trees = ["/usr", "/opt/venv", "/usr/lib/python3", "/opt/venv2", "/opt/venv"]

    assert _without_nested(trees) == ["/usr", "/opt/venv", "/opt/venv2"]


def test_the_interpreter_is_part_of_the_layout():
    import sys

    trees = detect().trees

    assert any(sys.base_prefix == tree or sys.base_prefix.startswith(tree + "/") for tree in trees)


def test_an_environment_is_shown_as_usr_local(monkeypatch):
    monkeypatch.setattr("sys.prefix", "/opt/venv")
    monkeypatch.setattr("sys.base_prefix", "/usr")

    assert _programs() == ([("/opt/venv", "/usr/local")], "")


def test_an_interpreter_in_usr_local_gets_the_environment_s_packages_and_programs(monkeypatch):
    monkeypatch.setattr("sys.prefix", "/opt/venv")
    monkeypatch.setattr("sys.base_prefix", "/usr/local")

    over, scripts = _programs()

    assert scripts == "/opt/venv/bin"
    assert [(a.split("/lib/")[0], b.split("/lib/")[0]) for a, b in over] == [("/opt/venv", "/usr/local")]


def test_without_an_environment_nothing_is_covered(monkeypatch):
    for prefix in ("/usr", "/usr/local"):
        monkeypatch.setattr("sys.prefix", prefix)
        monkeypatch.setattr("sys.base_prefix", prefix)

        assert _programs() == ([], "")
