"""The embedded cluster's life as its user sees it: up twice, two side by side, down without a trace."""

import os
import re
import subprocess
from pathlib import Path

import psutil
import pytest

from drilling import BIN, IMAGES, localcluster

POD = "run sleeper --image=docker.io/library/busybox:latest --restart=Never -- sleep 600"


@pytest.fixture
def names():
    """Two names that nobody else uses; their clusters are ended whatever happens."""
    chosen = [f"life-{os.getpid()}-{letter}" for letter in "ab"]
    yield chosen
    for name in chosen:
        localcluster("down", name)


@pytest.mark.cluster
def test_up_is_idempotent_and_prints_where_its_kubeconfig_is(names, tmp_path):
    """The second `up` finds the first one's cluster."""
    first, again = (cluster("up", names[0], tmp_path) for _ in range(2))

    assert kubeconfig(first) == kubeconfig(again)
    assert kubectl(kubeconfig(first), "get nodes -o name").split() == ["node/node-1", "node/node-2", "node/node-3"]


@pytest.mark.cluster
def test_two_clusters_run_side_by_side_and_end_without_a_trace(names, tmp_path):
    """What is done to one is not seen in the other; one that ends takes its processes, mounts and files with it."""
    one, other = (kubeconfig(cluster("up", name, tmp_path)) for name in names)
    for each in (one, other):
        kubectl(each, POD)
        kubectl(each, "wait --for=condition=Ready pod/sleeper --timeout=60s")
    kubectl(other, "label pod sleeper touched=yes")
    processes = family(names[0])

    cluster("down", names[0], tmp_path)

    assert len(processes) > 3
    assert [process for process in processes if alive(process)] == []
    assert str(one.parent) not in Path("/proc/self/mountinfo").read_text()
    assert not one.parent.exists()
    assert kubectl(other, "get pods -l touched=yes -o name").split() == ["pod/sleeper"]
    assert cluster("down", names[0], tmp_path).returncode == 0


def cluster(word, name, cwd):
    """`e2e-run cluster WORD`, as a user types it."""
    words = [str(BIN / "e2e-run"), "cluster", word, "--name", name, "--images", str(IMAGES)]
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def kubeconfig(done):
    """The path that `up` has printed."""
    return Path(re.search(r"^KUBECONFIG=(.*)$", done.stdout, re.MULTILINE)[1])


def kubectl(config, line):
    """Stock kubectl on one of them."""
    words = [str(BIN / "kubectl"), "--kubeconfig", str(config), *line.split()]
    return subprocess.run(words, capture_output=True, text=True, timeout=90, check=True).stdout


def family(name):
    """The supervisor of a cluster and all that descends from it, pods included."""
    told = localcluster("status", name)
    supervisor = psutil.Process(int(re.search(r"\bpid=(\d+)", told)[1]))
    return [supervisor, *supervisor.children(recursive=True)]


def alive(process):
    """Whether it still runs; its number may belong to somebody else by now, and a dead one may wait to be reaped."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
