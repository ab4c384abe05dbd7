"""Processes by pid and start time."""

import os
import subprocess
import sys

from localcluster.launcher.process import ProcessName, named, start_time


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "60"])


def test_a_living_process_has_a_name_and_a_dead_one_has_not():
    process = sleeper()
    name = named(process.pid)
    assert name is not None
    assert name.alive()

    process.kill()
    process.wait()

    assert not name.alive()
    assert named(process.pid) is None


def test_a_zombie_is_not_alive():
    process = subprocess.Popen([sys.executable, "-S", "-c", ""], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.read()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)

    assert start_time(process.pid) is None
    process.wait()


def test_kill_waits_for_the_end():
    process = sleeper()
    name = named(process.pid)
    assert name is not None

    assert name.kill(5)

    assert process.wait() == -9


def test_a_process_that_took_over_the_pid_is_left_alone():
    process = sleeper()
    name = named(process.pid)
    assert name is not None

    assert ProcessName(process.pid, name.started - 1).kill(5)

    assert name.alive()
    process.kill()
    process.wait()
