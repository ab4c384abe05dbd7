"""What process trees have used."""

import os
import subprocess
import sys

from localcluster.sandbox import usage

BURN = "import time\nwhile time.process_time() < 0.1: pass"


def test_the_cpu_of_ended_children_counts():
    program = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-S', '-c', {BURN!r}]); print(flush=True); input()"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    parent.stdout.readline()

    seen, alone = usage.measure([parent.pid]).cpu_seconds, usage.tree(parent.pid)

    parent.communicate(b"\n")
    assert seen >= 0.09
    assert alone == [parent.pid]


def test_grandchildren_belong_to_the_tree():
    shell = subprocess.Popen(["sh", "-c", "sleep 60 & echo $!; wait"], stdout=subprocess.PIPE, text=True)
    assert shell.stdout is not None
    grandchild = int(shell.stdout.readline())

    found = usage.tree(shell.pid)

    os.kill(grandchild, 9)
    shell.communicate()
    assert found == [shell.pid, grandchild]


def test_memory_grows_with_what_is_allocated():
    process = subprocess.Popen(
        [sys.executable, "-S", "-c", "x = bytearray(50 << 20); print(1, flush=True); input()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()

    seen, exact = usage.measure([process.pid]).memory_bytes, usage.proportional([process.pid])

    process.communicate(b"\n")
    assert seen > 50 << 20
    assert exact > 50 << 20


def test_what_has_ended_has_used_nothing():
    process = subprocess.Popen(["true"])
    process.wait()

    assert usage.measure([process.pid]) == usage.Usage(0.0, 0)
