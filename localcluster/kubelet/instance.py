"""One run of a container: hooks and probes around a process, from its start to its end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from typing import TYPE_CHECKING

from localcluster.kubelet.handlers import Target, perform
from localcluster.kubelet.probes import Probe

if TYPE_CHECKING:
    from localcluster.client import Obj
    from localcluster.kubelet.container_state import ContainerState
    from localcluster.kubelet.context import PodContext
    from localcluster.sandbox.runtime import Container, Exit

_LAST_WORD = 2.0  # seconds after SIGTERM that a process has even if the hook took all the time, as upstream


class Instance:
    """Watches one started container; `exit` is done when it has ended."""

    def __init__(self, spec: Obj, container: Container, state: ContainerState, context: PodContext) -> None:
        self.up = asyncio.Event()
        """Set once it is started up: hook done, startup probe passed."""
        self.spec = spec
        self.container = container
        self._state = state
        self._context = context
        self._started = asyncio.get_running_loop().time()
        self._target = Target(spec, context.pod["status"].get("podIP") or "127.0.0.1", container)
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping: asyncio.Task[None] | None = None
        self.exit: asyncio.Task[Exit] = asyncio.create_task(container.wait())

    async def run(self) -> Exit:
        """Look after it until it has ended."""
        watch = asyncio.create_task(self._watch())
        self._tasks.add(watch)
        try:
            return await asyncio.shield(self.exit)
        finally:
            for task in list(self._tasks):
                task.cancel()
            self.container.kill()  # what a daemon left behind in it goes too

    async def stop(self, why: str, grace: float, over: asyncio.Event) -> None:
        """End it: preStop hook, SIGTERM, and SIGKILL after `grace` seconds or when `over` is set."""
        if self._stopping is None:
            self._event("Killing", why)
            self._stopping = asyncio.create_task(self._stop(grace))
        release = asyncio.create_task(over.wait())
        await asyncio.wait({self.exit, release}, return_when=asyncio.FIRST_COMPLETED)
        release.cancel()
        if not self.exit.done():
            self.container.kill()
        self._stopping.cancel()
        await asyncio.wait({self.exit})

    async def _stop(self, grace: float) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace
        for task in list(self._tasks):
            task.cancel()
        hook = (self.spec.get("lifecycle") or {}).get("preStop")
        if hook and grace > 0:
            outcome = await perform(hook, self._target, grace)
            if not outcome.good:
                self._event("FailedPreStopHook", f"PreStopHook failed: {outcome.message}", warning=True)
        self.container.signal(signal.SIGTERM)
        await asyncio.sleep(max(deadline - loop.time(), min(grace, _LAST_WORD)))
        self.container.kill()

    async def _watch(self) -> None:
        if not await self._post_start():
            return
        if startup := self.spec.get("startupProbe"):
            await self._probe("Startup", startup, None)
        else:
            self._started_up()
        for kind, start in (("Liveness", True), ("Readiness", False)):
            if probe := self.spec.get(f"{kind.lower()}Probe"):
                self._spawn(kind, probe, start)

    def _spawn(self, kind: str, spec: Obj, start: bool) -> None:
        task = asyncio.create_task(self._probe(kind, spec, start))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _probe(self, kind: str, spec: Obj, start: bool | None) -> None:
        probe = Probe(kind, spec, self._target, self._started, self._context.node.working, self._bad_answer)
        tell = {"Startup": self._on_startup, "Liveness": self._on_liveness, "Readiness": self._on_readiness}[kind]
        await probe.follow(start, tell)

    async def _on_startup(self, good: bool) -> bool:
        if good:
            self._started_up()
        else:
            self._give_up("startup", "startupProbe")
            await asyncio.Event().wait()  # the other probes never begin; the end of the container cancels this
        return False

    async def _on_liveness(self, good: bool) -> bool:
        if not good:
            self._give_up("liveness", "livenessProbe")
        return good

    async def _on_readiness(self, good: bool) -> bool:
        self._state.ready = good
        self._context.changed()
        return True

    def _started_up(self) -> None:
        self.up.set()
        self._state.started = True
        self._state.ready = not self.spec.get("readinessProbe")
        self._context.changed()

    def _give_up(self, kind: str, key: str) -> None:
        grace = self.spec[key].get("terminationGracePeriodSeconds") or grace_of(self._context.pod)
        why = f"Container {self.spec['name']} failed {kind} probe, will be restarted"
        self._stopper = asyncio.create_task(self.stop(why, grace, self._context.ending.over))

    async def _post_start(self) -> bool:
        hook = (self.spec.get("lifecycle") or {}).get("postStart")
        if not hook:
            return True
        outcome = await perform(hook, self._target, None)
        if not outcome.good:
            self._event("FailedPostStartHook", f"PostStartHook failed: {outcome.message}", warning=True)
            why = "FailedPostStartHook"
            self._stopper = asyncio.create_task(self.stop(why, grace_of(self._context.pod), self._context.ending.over))
        return outcome.good

    def _bad_answer(self, kind: str, message: str) -> None:
        self._event("Unhealthy", f"{kind} probe failed: {message}", warning=True)

    def _event(self, reason: str, message: str, *, warning: bool = False) -> None:
        self._context.event(reason, message, container=self.spec["name"], warning=warning)


def grace_of(pod: Obj) -> float:
    """Give the pod's own grace period in seconds."""
    with contextlib.suppress(TypeError, ValueError):
        return float(pod["spec"]["terminationGracePeriodSeconds"])
    return 30.0
