"""The life of a run: connect, setup, plays in order, undo, unlock, one last record."""

from __future__ import annotations

import base64
import getpass
import platform
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio

from runner import __version__
from runner.core.errors import Refused, RunnerError
from runner.core.events import Event, Interrupted, Note, PhaseStarted, RunFinished, RunStarted
from runner.core.summary import Summary, decides, summarize
from runner.core.target import Cluster
from runner.engine.bus import Bus, Listener
from runner.engine.context import Context, Scene
from runner.engine.interrupt import Interrupt
from runner.engine.journal import Entry, Journal
from runner.engine.play import PlayRun
from runner.engine.secrets import Secrets
from runner.engine.stage import Stage
from runner.engine.undo import Mender
from runner.engine.verdicts import of_play
from runner.playbook.plan import Inventory, Kinds, PlaybookPlan, PlayPlan, SecretSpec, StepPlan, TargetSpec
from runner.playbook.variables import render

Connect = Callable[[TargetSpec], Awaitable[Cluster]]


@dataclass(frozen=True)
class Order:
    """What to run, where, and how."""

    plan: PlaybookPlan
    inventory: Inventory
    run: str
    logs: Path
    """The run's own folder; it exists."""
    connect: Connect
    kinds: Kinds
    listeners: Sequence[Listener] = ()
    selected: frozenset[str] | None = None
    """Names of the plays to run; None: all."""
    timeout: float | None = None
    """Seconds for the whole run; then it is interrupted."""
    no_skips: bool = False


@dataclass
class Run:
    """A run in progress."""

    order: Order
    clusters: dict[str, Cluster] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    """Those that the summary is made of."""

    async def run(self) -> Summary:
        """Run it to its end, whatever happens; the summary is computed from the recorded events."""
        self.secrets = Secrets(self.order.inventory.secrets, self._fetch)
        self.secrets.read_local()
        self.bus = Bus(self.order.logs / "events.jsonl", [self._keep, *self.order.listeners], self.secrets.mask)
        self.journal = Journal(self.order.logs / "journal.jsonl", self._environment, self.secrets.unrender)
        self.interrupt = Interrupt(lambda by: self.bus.emit(Interrupted(by=by)))
        self.variables: dict[str, Any] = {**self.order.plan.variables, "secrets": self.secrets}
        try:
            async with self._interruptible():
                problem = await self._all()
            self.bus.emit(RunFinished(seconds=round(anyio.current_time() - self.bus.start, 3), problem=problem))
        finally:
            self.journal.close()
            self.bus.close()
        return summarize(self.events)

    async def _all(self) -> str:
        problem = await self.interrupt.work(self._connect(), default="interrupted")
        self.bus.emit(self._started())
        for warning in self.order.plan.warnings:
            self.bus.emit(Note(level="warning", text=str(warning)))
        if problem:
            return str(problem)
        try:
            return await self._setup_and_plays()
        finally:
            with anyio.CancelScope(shield=True):
                for cluster in self.clusters.values():
                    await cluster.close()

    async def _connect(self) -> str:
        """Why a target cannot be reached, or nothing."""
        for spec in self.order.inventory.targets.values():
            try:
                self.clusters[spec.name] = await self.order.connect(spec)
            except RunnerError as error:
                return f"{spec.name}: {error}"
        return ""

    async def _setup_and_plays(self) -> str:
        setup = self._scene("", {})
        problem = await self._setup(setup)
        if not problem:
            for play in self._selected():
                if self.interrupt.by:
                    break
                await self._play(play)
        if setup.owed:
            self.bus.emit(PhaseStarted(phase="undo"))
            await self._mender().mend(setup)
        return problem

    async def _setup(self, scene: Scene) -> str:
        """Why no play can run, or nothing. What it registers is seen everywhere."""
        if not self.order.plan.setup:
            return ""
        self.bus.emit(PhaseStarted(phase="setup"))
        stage = Stage(scene, self._context, self._prepare, "setup")
        green = await self.interrupt.work(stage.run(self.order.plan.setup), default=False)
        self.variables.update(scene.variables)
        if green or self.interrupt.by:
            return "" if green else f"interrupted by {self.interrupt.by}"
        verdict, _ = of_play(stage.results)
        return f"setup failed: {verdict.reason}"

    async def _play(self, plan: PlayPlan) -> None:
        scene = self._scene(plan.name, dict(plan.variables))
        await PlayRun(
            plan,
            scene,
            self.order.plan.healthy,
            self._context,
            self._prepare,
            self._mender(),
            self.interrupt,
            lambda need: self._missing(need, plan.target),
        ).run()

    def _selected(self) -> list[PlayPlan]:
        wanted = self.order.selected
        return [play for play in self.order.plan.plays if wanted is None or play.name in wanted]

    def _missing(self, need: str, target: str | None) -> str:
        inventory = self.order.inventory
        name = self._target(target)
        if need in inventory.lacks:
            why = f"the inventory {inventory.name} lacks {need}"
        elif need not in self.clusters[name].capabilities:
            why = f"{name} ({self.clusters[name].version}) lacks {need}"
        else:
            return ""
        return f"!{why}, which the inventory requires" if need in inventory.require else why

    def _scene(self, play: str, own: dict[str, Any]) -> Scene:
        order = self.order
        names = {**self.variables, "run": order.run}
        return Scene(
            run=order.run,
            play=play,
            logs=order.logs,
            folder=str(Path(order.plan.path).parent or "."),
            bus=self.bus,
            journal=self.journal,
            mask=self.secrets.mask,
            variables={**names, **own, **order.plan.overrides},
        )

    def _context(self, scene: Scene, plan: StepPlan) -> Context:
        target = self._target(plan.target or self._play_target(scene.play))
        return Context(scene, plan.name, target, self.clusters[target], plan.allow_empty)

    def _play_target(self, name: str) -> str | None:
        return next((play.target for play in self.order.plan.plays if play.name == name), None)

    def _target(self, name: str | None) -> str:
        return name or next(iter(self.order.inventory.targets))

    def _mender(self) -> Mender:
        return Mender(self.order.kinds, lambda value: render(value, {"secrets": self.secrets}), self._mending)

    def _mending(self, scene: Scene, entry: Entry) -> Context:
        return Context(scene, entry.label, entry.target, self.clusters[entry.target], allow_empty=True, mending=True)

    async def _prepare(self, templates: object) -> None:
        await self.secrets.fetch_used(repr(templates))

    async def _fetch(self, spec: SecretSpec) -> str:
        return await secret_of_cluster(next(iter(self.clusters.values())), spec)

    def _keep(self, event: Event) -> None:
        if decides(event):
            self.events.append(event)

    def _environment(self) -> dict[str, Any]:
        """What `recover` must know to find the systems again, and to tell them from others."""
        inventory = self.order.inventory
        systems = {name: cluster.identity for name, cluster in self.clusters.items()}
        return {
            "inventory": inventory.name,
            "inventory_path": inventory.path,
            "run": self.order.run,
            "systems": systems,
        }

    def _started(self) -> RunStarted:
        plan, inventory = self.order.plan, self.order.inventory
        selected = [play.name for play in self._selected()]
        default = inventory.targets[self._target(None)]
        version = self.clusters[default.name].version if default.name in self.clusters else "not connected"
        return RunStarted(
            run=self.order.run,
            playbook=plan.name,
            description=plan.description,
            path=plan.path,
            sha256=plan.sha256,
            inventory=inventory.name,
            inventory_class=inventory.class_,
            target=f"{default.kind} {version}",
            runner=__version__,
            user=_user(),
            host=platform.node(),
            python=platform.python_version(),
            plays=selected,
            not_selected=[play.name for play in plan.plays if play.name not in selected],
            variables=dict(plan.variables),
            no_skips=self.order.no_skips,
        )

    @asynccontextmanager
    async def _interruptible(self) -> AsyncIterator[None]:
        async with anyio.create_task_group() as group:
            group.start_soon(self._signals)
            if self.order.timeout is not None:
                group.start_soon(self._time_limit, self.order.timeout)
            yield
            group.cancel_scope.cancel()

    async def _signals(self) -> None:
        with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as received:
            async for number in received:
                self.interrupt.strike(number.name)

    async def _time_limit(self, seconds: float) -> None:
        await anyio.sleep(seconds)
        self.interrupt.strike("timeout")


async def secret_of_cluster(cluster: Cluster, spec: SecretSpec) -> str:
    """Read a key of a Secret.

    Raises:
        Refused: there is no such Secret or key.

    """
    found = await cluster.get("Secret", spec.options["secret"], spec.options.get("namespace"))
    encoded = (found or {}).get("data", {}).get(spec.options["key"])
    if encoded is None:
        raise Refused(f"secrets.{spec.name}: no key {spec.options['key']} in Secret {spec.options['secret']}")
    return base64.b64decode(encoded).decode()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
