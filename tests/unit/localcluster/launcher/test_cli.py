"""The words of the command line, where no cluster is."""

import json
import os
import subprocess
import time

import pytest

from localcluster.launcher import state, up
from localcluster.launcher.cli import main
from localcluster.launcher.process import ProcessName, named


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def remember(name, supervisor, owner=None):
    state.folder(name).mkdir(parents=True)
    state.write(state.Record(name, supervisor, "https://127.0.0.1:1", "http://127.0.0.1:2", time.time(), owner, ()))


def test_down_of_nothing_is_done_already(capsys):
    assert main(["down", "nobody"]) == 0
    assert "does not exist" in capsys.readouterr().out


def test_status_of_nothing_is_an_empty_list(capsys):
    assert main(["status", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_status_of_a_cluster_that_is_not_there_says_so_by_its_exit_code():
    assert main(["status", "nobody"]) == 1


@pytest.mark.parametrize("argv", [["up", "Bad_Name"], ["down", ".."], ["up", "a", "--images", "/not/there"]])
def test_wrong_usage_is_one_sentence_and_exit_2(argv, capsys, cache):
    assert main(argv) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert list(cache.iterdir()) == []


def test_an_owner_that_does_not_run_is_refused(capsys):
    process = subprocess.Popen(["true"])
    process.wait()

    assert main(["up", "a", "--owner-pid", str(process.pid)]) == 2


def test_a_killed_cluster_is_told_with_the_reason(capsys):
    remember("gone", ProcessName(os.getpid(), 1))
    (state.folder("gone") / "ended").write_text("2026-01-01T00:00:00Z kubelet ended with -9\n")

    assert main(["status", "gone", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["reason"]) == ("dead", "2026-01-01T00:00:00Z kubelet ended with -9")


def test_down_ends_the_supervisor_and_removes_the_folder(cache):
    process = subprocess.Popen(["sleep", "60"])
    name = named(process.pid)
    assert name is not None
    remember("one", name)

    assert main(["down", "one"]) == 0

    assert process.wait() == -9
    assert list(cache.iterdir()) == []


def test_clusters_are_reaped_when_their_owner_is_dead_and_only_then():
    me = named(os.getpid())
    dead = ProcessName(os.getpid(), 1)
    for name, owner in (("owned", me), ("orphan", dead), ("free", None), ("asked-for", dead)):
        remember(name, dead, owner)

    up.reap_orphans(except_for="asked-for")

    assert state.names() == ["asked-for", "free", "owned"]


def test_a_port_that_is_taken_is_named(capsys, cache):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        assert main(["up", "one", "--api-port", str(port)]) == 3

    assert f"--api-port {port}: cannot listen on 127.0.0.1:{port}: Address already in use" in capsys.readouterr().err
    assert list(cache.iterdir()) == []
