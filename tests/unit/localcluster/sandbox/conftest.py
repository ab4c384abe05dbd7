"""A scenario in namespaces of its own, as the supervisor makes them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[4]
_PRELUDE = """
import asyncio, os, sys, time
from pathlib import Path
from localcluster.launcher import isolation
from localcluster.network import node
isolation.isolate()
if pid := os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
isolation.renew_proc()
node.set_up()
from localcluster.sandbox.namespaces import NamespaceRuntime
from localcluster.sandbox.runtime import ContainerSpec, Exit, Mount, PodSpec, SandboxError

STATE = Path(sys.argv[1])

def container(*argv, **changes):
    values = dict(name="c", env={}, uid=101, gid=101, workdir="/", mounts=(), log=STATE / "c.log")
    return ContainerSpec(argv=argv, **{**values, **changes})

async def run_in(pod, *argv, **changes):
    (STATE / "c.log").unlink(missing_ok=True)
    ended = await (await pod.start(container(*argv, **changes))).wait()
    return ended.code, [line.split(" ", 3)[3] for line in (STATE / "c.log").read_text().splitlines()]

def play(scenario):
    async def whole():
        runtime = await NamespaceRuntime.start(STATE)
        try:
            pod = await runtime.create(PodSpec("u1", "shop", "web-0", "web-0", "web", "10.244.1.2"))
            await scenario(runtime, pod)
        finally:
            await runtime.close()
    asyncio.run(whole())
"""


@pytest.fixture
def inside(tmp_path):
    """Run a scenario (`async def scenario(runtime, pod)`) as pid 1 of fresh namespaces; fail as it fails."""

    def run(scenario: str) -> None:
        program = f"{_PRELUDE}\n{scenario}\nplay(scenario)\n"
        env = {**os.environ, "PYTHONPATH": str(_ROOT)}
        argv = [sys.executable, "-c", program, str(tmp_path)]
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=False)
        if "does not let user" in done.stderr:
            pytest.skip("this machine forbids namespaces to this user")
        assert done.returncode == 0, done.stderr[-4000:]

    return run
