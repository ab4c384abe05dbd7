"""The life of one container of a pod: pull, configure, start, watch, start again."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from localcluster.client import ApiError
from localcluster.kubelet import clock
from localcluster.kubelet.backoff import Backoff
from localcluster.kubelet.container_spec import Files, container_spec
from localcluster.kubelet.container_state import ContainerState, Ended, restore
from localcluster.kubelet.environment import ConfigError
from localcluster.kubelet.images import ImageError
from localcluster.kubelet.instance import Instance
from localcluster.kubelet.names import default_policy, normalise
from localcluster.kubelet.termination import termination_message
from localcluster.sandbox.runtime import SandboxError

if TYPE_CHECKING:
    from localcluster.client import Obj
    from localcluster.kubelet.context import PodContext
    from localcluster.kubelet.images import Recipe
    from localcluster.sandbox.runtime import Container, ContainerSpec, Exit

log = logging.getLogger(__name__)
_CONFIG_RETRY = 5.0  # seconds; a change of a ConfigMap or Secret wakes it earlier
_SHOWN = 1.0  # seconds that ErrImagePull is shown before ImagePullBackOff


class ContainerWorker:
    """Runs one container; `policy` is Always, OnFailure or Never."""

    def __init__(
        self, spec: Obj, context: PodContext, policy: str, first_reason: str, *, sidecar: bool = False
    ) -> None:
        self.spec = spec
        self.state = ContainerState(spec["name"], spec["image"], waiting=first_reason)
        self.instance: Instance | None = None
        self.sidecar = sidecar
        self._context = context
        self._policy = policy
        self._restarts = Backoff()
        self._pulls = Backoff()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None
        self._new_instance = asyncio.Event()
        self._number = 0
        self._current: Files | None = None
        self._before: Files | None = None

    def restore(self, status: Obj) -> None:
        """Go on from what an earlier life of the node wrote."""
        restore(self.state, status, clock.now())
        self._current = Files.named(self._context.folder, self.spec["name"], self.state.restarts)

    def begin(self) -> asyncio.Task[None]:
        """Start the work; the task ends when the container will not be started again."""
        if self._task is None:
            self._task = asyncio.create_task(self._live(), name=f"container {self.spec['name']}")
            self._task.add_done_callback(self._report)
        return self._task

    async def started_up(self) -> None:
        """Wait until it is started up, as those do that come after a sidecar."""
        while not (self.instance and self.instance.up.is_set()):
            await self._new_instance.wait()
            self._new_instance.clear()
            if self.instance is not None:
                await asyncio.wait(
                    {asyncio.ensure_future(self.instance.up.wait()), self.instance.exit},
                    return_when=asyncio.FIRST_COMPLETED,
                )

    async def end(self, grace: float) -> None:
        """End it for good: within `grace` seconds, or when the pod's patience is over."""
        self._stopping = True
        if self.instance is not None:
            await self.instance.stop(f"Stopping container {self.spec['name']}", grace, self._context.ending.over)
        elif self._task is not None:
            self._task.cancel()
        if self._task is not None:
            await asyncio.wait({self._task})

    def abandon(self) -> None:
        """Stop working; the process goes with the pod's sandbox."""
        if self._task is not None:
            self._task.cancel()

    def log_files(self, *, previous: bool = False) -> Files | None:
        """Name the files of its last run, or of the run before; None when there was none."""
        return self._before if previous and (self.state.running_since or self.state.ended) else self._current

    async def _live(self) -> None:
        while not self._done():
            await self._pause()
            await self._context.node.working.wait()
            recipe = await self._pull()
            spec, files = await self._configure(recipe)
            ended = await self._once(spec, files)
            self.state.end(ended)
            self._context.changed()

    def _report(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and task.exception():
            log.error("container %s of pod %s", self.spec["name"], self._context.full_name, exc_info=task.exception())

    def _done(self) -> bool:
        ended = self.state.ended
        if ended is None:
            return False
        return self._stopping or self._policy == "Never" or (self._policy == "OnFailure" and ended.code == 0)

    async def _pause(self) -> None:
        """Count a restart and wait as long as the failures before it demand."""
        ended = self.state.ended
        if ended is None:
            return
        delay = self._restarts.wait(clock.seconds(ended.finished_at), time.time())
        if delay:
            name = self.spec["name"]
            text = f"restarting failed container {name} in pod {self._context.full_name}"
            self._event("BackOff", f"Back-off {text}", warning=True)
            self.state.wait("CrashLoopBackOff", f"back-off {self._restarts.delay:g}s {text}")
            self._context.changed()
            await asyncio.sleep(delay)
        self._restarts.tried(time.time())

    async def _pull(self) -> Recipe:
        image = self.spec["image"]
        policy = self.spec.get("imagePullPolicy") or default_policy(image)
        while True:
            try:
                recipe = self._context.node.machine.images.find(image, policy)
            except ImageError as error:
                await self._pull_failed(error)
                continue
            text = f'Successfully pulled image "{image}"' if policy == "Always" else ""
            self._event("Pulled", text or f'Container image "{image}" already present on machine')
            self.state.image_id = f"{normalise(image).partition('@')[0].rpartition(':')[0]}@{recipe.digest}"
            return recipe

    async def _pull_failed(self, error: ImageError) -> None:
        image = self.spec["image"]
        self._event("Failed", f'Failed to pull image "{image}": {error}', warning=True)
        self._event("Failed", f"Error: {error.reason}", warning=True)
        self.state.wait(error.reason, str(error))
        self._context.changed()
        self._pulls.tried(time.time())
        await asyncio.sleep(_SHOWN)
        self._event("BackOff", f'Back-off pulling image "{image}"')
        self.state.wait("ImagePullBackOff", f'Back-off pulling image "{image}": {error}')
        self._context.changed()
        await asyncio.sleep(self._pulls.delay - _SHOWN)

    async def _configure(self, recipe: Recipe) -> tuple[ContainerSpec, Files]:
        files = self._next_files()
        sources = self._context.node.machine.sources
        while True:
            seen = sources.version
            try:
                return await container_spec(self.spec, recipe, self._context, files), files
            except ConfigError as error:
                self._not_yet("CreateContainerConfigError", error)
            except (ApiError, ImageError) as error:
                self._not_yet("CreateContainerError", error)
            await sources.change_since(seen, _CONFIG_RETRY)

    def _not_yet(self, reason: str, error: Exception) -> None:
        self._event("Failed", f"Error: {error}", warning=True)
        self.state.wait(reason, str(error))
        self._context.changed()

    def _next_files(self) -> Files:
        """Make room for what the next run writes."""
        again = self.state.ended is not None or self.state.last is not None
        self._number = self.state.restarts + again
        return Files.of(self._context.folder, self.spec["name"], self._number)

    async def _once(self, spec: ContainerSpec, files: Files) -> Ended:
        assert self._context.sandbox is not None, "the pod's sandbox comes first"
        since = clock.now()
        self._before, self._current = self._current, files
        self._event("Created", f"Created container: {self.spec['name']}")
        try:
            container = await self._context.sandbox.start(spec)
        except SandboxError as error:
            self._event("Failed", f"Error: {error}", warning=True)
            self.state.restarts = self._number
            return Ended(128, "StartError", since, clock.now(), message=str(error))
        self._event("Started", f"Started container {self.spec['name']}")
        exit_ = await self._watch(container, since)
        message = termination_message(files, self.spec, exit_.code)
        return _ended(exit_, since, _id(container), message)

    async def _watch(self, container: Container, since: str) -> Exit:
        self.state.run(_id(container), since)
        self.state.restarts = self._number
        self._context.changed()
        self.instance = Instance(self.spec, container, self.state, self._context)
        self._new_instance.set()
        try:
            return await self.instance.run()
        finally:
            self.instance = None

    def _event(self, reason: str, message: str, *, warning: bool = False) -> None:
        self._context.event(reason, message, container=self.spec["name"], warning=warning)


def _id(container: Container) -> str:
    return f"localcluster://{container.id}"


def _ended(exit_: Exit, since: str, container_id: str, message: str) -> Ended:
    reason = "OOMKilled" if exit_.oom_killed else "Completed" if exit_.code == 0 else "Error"
    return Ended(exit_.code, reason, since, clock.now(), container_id, message, exit_.signal)
