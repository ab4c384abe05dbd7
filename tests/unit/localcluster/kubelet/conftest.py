"""A kubelet on the real registry, with a runtime of plain processes."""

import asyncio
import contextlib
import os
import signal
import sys
import time
import uuid
from pathlib import Path

import pytest

from localcluster.apiserver.bootstrap import bootstrap
from localcluster.apiserver.local import LocalClient
from localcluster.apiserver.registry import Registry
from localcluster.kubelet.context import Machine
from localcluster.kubelet.events import Recorder
from localcluster.kubelet.images import Images
from localcluster.kubelet.kubelet import Kubelet
from localcluster.kubelet.sources import Sources
from localcluster.sandbox.logs import Log
from localcluster.sandbox.runtime import Exit, SandboxError, Usage

RECIPE = """
image: docker.io/library/tool:1
argv: [/bin/sh, -c]
args: ["echo hello; exec sleep 1000"]
env: {PATH: "/usr/bin:/bin", COLOUR: red}
uid: 101
"""


class PlainContainer:
    def __init__(self, spec, process, log):
        self.id = uuid.uuid4().hex
        self.spec = spec
        self.pid = process.pid
        self._process = process
        self._log = log
        self.signals = []

    async def wait(self):
        code = await self._process.wait()
        await self._log.drained()
        return Exit(128 - code, -code) if code < 0 else Exit(code)

    def signal(self, number):
        self.signals.append(number)
        if self._process.returncode is None:
            self._process.send_signal(number)

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def usage(self):
        return Usage(time.process_time(), 1024)

    async def exec(self, argv, *, stdin=False, tty=False):
        pipe = asyncio.subprocess.PIPE
        return PlainExec(await asyncio.create_subprocess_exec(*argv, stdin=pipe, stdout=pipe, stderr=pipe))


class PlainExec:
    def __init__(self, process):
        self._process = process
        self.stdin, self.stdout, self.stderr = process.stdin, process.stdout, process.stderr

    async def wait(self):
        code = await self._process.wait()
        return Exit(128 - code, -code) if code < 0 else Exit(code)

    def resize(self, rows, columns):
        pass

    def kill(self):
        if self._process.returncode is None:
            self._process.kill()


class PlainPod:
    def __init__(self, spec, runtime):
        self.spec = spec
        self._runtime = runtime
        self.containers = []
        self.removed = False

    async def start(self, container):
        self._runtime.started.append(container)
        out, into = os.pipe()
        try:
            process = await asyncio.create_subprocess_exec(
                *container.argv, env=dict(container.env), stdout=into, stderr=into, start_new_session=True
            )
        except OSError as error:
            os.close(out)
            raise SandboxError(str(error)) from error
        finally:
            os.close(into)
        log = Log(container.log)
        log.follow(out, "stdout")
        self.containers.append(PlainContainer(container, process, log))
        return self.containers[-1]

    async def connect(self, port):
        return await asyncio.open_connection("127.0.0.1", port)

    async def remove(self):
        self.removed = True
        for container in self.containers:
            container.kill()
        for container in self.containers:
            await container.wait()


class PlainRuntime:
    lacks = frozenset({"pod-network"})

    def __init__(self):
        self.started = []
        self.pods = []

    async def create(self, spec):
        self.pods.append(PlainPod(spec, self))
        return self.pods[-1]

    async def close(self):
        for pod in self.pods:
            await pod.remove()


class Cluster:
    """A registry and one node, for one test."""

    def __init__(self, folder: Path) -> None:
        (folder / "images/tool").mkdir(parents=True)
        (folder / "images/tool/recipe.yaml").write_text(RECIPE)
        registry = Registry()
        bootstrap(registry, "authority", endpoint="169.254.1.1", port=443)
        self.client = LocalClient(registry)
        self.runtime = PlainRuntime()
        self.machine = Machine(
            client=self.client,
            runtime=self.runtime,
            images=Images([folder / "images"]),
            sources=Sources(self.client),
            recorder=Recorder(self.client),
            state=folder,
        )
        self.kubelet = Kubelet(self.machine, 1, "secret")
        self.node = self.kubelet.nodes["node-1"]

    async def __aenter__(self):
        self._task = asyncio.create_task(self.kubelet.run())
        return self

    async def __aexit__(self, *_):
        self._task.cancel()
        await asyncio.wait({self._task})
        await self.kubelet.close(0)
        await self.runtime.close()

    async def create(self, spec, name="web", **meta):
        spec = {"nodeName": "node-1", "automountServiceAccountToken": False, **spec}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default", **meta}}
        return await self.client.create("pods", pod | {"spec": spec})

    async def run(self, script, **container):
        """Create a pod of one container that runs a shell script."""
        spec = container.pop("spec", {})
        one = {"name": "main", "image": "tool:1", "args": [script], **container}
        return await self.create({"containers": [one], **spec})

    async def until(self, true, name="web", resource="pods", namespace="default"):
        """Watch an object until something is true of it; give it. None when it is gone."""
        found = []
        try:
            async with asyncio.timeout(10):
                async for gone, obj in self._follow(name, resource, namespace):
                    found.append(obj)
                    if gone:
                        return None
                    if true(obj):
                        return obj
        except TimeoutError:
            raise AssertionError(f"not within 10 s; last seen {found[-1:]}") from None

    async def _follow(self, name, resource, namespace):
        selector = f"metadata.name={name}"
        found, version = await self.client.list(resource, namespace, field_selector=selector)
        for obj in found:
            yield False, obj
        watch = self.client.watch(resource, namespace, resource_version=version, field_selector=selector)
        async for kind, obj in watch:
            yield kind == "DELETED", obj

    async def happens(self, true):
        """Wait until something is true that no watch tells."""
        async with asyncio.timeout(5):
            while not true():  # noqa: ASYNC110 - nobody could set an event
                await asyncio.sleep(0.005)

    async def events(self, count, reason):
        """Wait for so many events of a reason."""
        async with asyncio.timeout(10):
            while True:
                found = [e for e in (await self.client.list("events"))[0] if e["reason"] == reason]
                if len(found) >= count:
                    return found
                await asyncio.sleep(0.01)


def condition(pod, kind):
    return next((c["status"] for c in pod["status"].get("conditions", []) if c["type"] == kind), None)


@pytest.fixture
def ready():
    return lambda pod: condition(pod, "Ready") == "True"


@pytest.fixture
def cluster(tmp_path):
    """Run an async function with a cluster."""

    def play(scene):
        async def all_of_it():
            async with Cluster(tmp_path) as made:
                await scene(made)

        asyncio.run(all_of_it())

    return play


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to the next timer when nothing is ready: waiting costs no time."""

    def __init__(self):
        super().__init__()
        self._now = 0.0

    def time(self):
        return self._now

    def _run_once(self):
        if not self._ready and self._scheduled:
            self._now = max(self._now, self._scheduled[0]._when)
        super()._run_once()


@pytest.fixture
def virtual():
    """Run a coroutine in virtual time."""

    def play(coroutine):
        with asyncio.Runner(loop_factory=JumpingLoop) as runner:
            return runner.run(coroutine)

    return play


@pytest.fixture
def python():
    return sys.executable
