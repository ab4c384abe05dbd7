"""A small drill: steps that say what they do, a cluster that is not asked, and a run in virtual time."""

import json
import types
from dataclasses import dataclass, field
from typing import ClassVar

import anyio
import pytest

from runner.clock import run_virtually
from runner.core.errors import Where
from runner.core.observation import Observation
from runner.core.step import Action, Fault, Load, Probe
from runner.core.verdict import failed, passed, passed_if, unknown
from runner.engine.run import Order, Run
from runner.playbook.plan import Inventory, PlaybookPlan, PlayPlan, StepPlan, TargetSpec

WHERE = Where("play.yaml", 1)


@dataclass
class World:
    """What the fake steps change and look at."""

    log: list = field(default_factory=list)
    broken: bool = False
    proof: bool = True
    heals: bool = True


WORLD = World()


class Do(Action):
    """Say a word, after a while; or raise."""

    word: str = "done"
    seconds: float = 0.0
    error: str = ""

    async def act(self, ctx):
        WORLD.log.append(self.word)
        await anyio.sleep(self.seconds)
        if self.error:
            raise RuntimeError(self.error)
        return Observation(self.word, {"word": self.word})


class Look(Probe):
    """Green or red, or green while the world is not broken."""

    green: bool | None = None
    after: float = 0.0

    async def look(self, ctx):
        return Observation("seen", {"green": self.right()})

    def right(self):
        if self.green is not None:
            return self.green and anyio.current_time() >= self.after
        return not WORLD.broken

    def judge(self, seen):
        return passed_if(seen.data["green"], "the world is whole" if seen.data["green"] else "the world is broken")


class Mend(Action):
    """Make it whole again."""

    name: str = "mended"
    works: bool = True
    seconds: float = 0.0

    async def act(self, ctx):
        WORLD.log.append(self.name)
        await anyio.sleep(self.seconds)
        if not self.works:
            raise RuntimeError("cannot mend")
        WORLD.broken = not WORLD.heals
        return Observation(self.name)


class Break(Fault):
    """Break the world."""

    undo: str = "mended"
    mends: bool = True
    undo_seconds: float = 0.0

    async def strike(self, ctx):
        if self.undo:
            ctx.undo(Mend(name=self.undo, works=self.mends, seconds=self.undo_seconds))
        await ctx.blow()
        WORLD.log.append(f"broke at {ctx.now():.1f}")
        WORLD.broken = True
        return Observation("broke it")

    async def prove(self, ctx, struck):
        return passed("it is broken") if WORLD.proof else unknown("it looks whole")


class Beside(Load):
    """A load that counts tenths of seconds."""

    ready_after: float = 0.5
    green: bool = True
    error: str = ""
    Result: ClassVar = Load.Result

    async def drive(self, ctx, stop):
        start = ctx.now()
        await anyio.sleep(self.ready_after)
        ctx.publish(ready=True)
        await stop.wait()
        if self.error:
            raise RuntimeError(self.error)
        WORLD.log.append("load stopped")
        return Observation("counted", {"rto": ctx.now() - start})

    def judge(self, seen):
        return passed("kept all") if self.green else failed("3 lost")


KINDS = {"do": Do, "look": Look, "mend": Mend, "break": Break, "beside": Beside}
for _name, _kind in KINDS.items():
    _kind.kind = classmethod(lambda cls, name=_name: name)


class Nowhere:
    """A target that nobody asks anything."""

    namespace = "shop"
    ingress = None
    version = "v0"
    identity = "nowhere-1"
    capabilities = frozenset({"storage"})

    async def close(self):
        WORLD.log.append("closed")


def step(kind, name=None, plan=None, **args):
    """A planned step."""
    return StepPlan(name or kind, kind, KINDS[kind], args, WHERE, step=KINDS[kind](**args), **(plan or {}))


def play(*steps, name="play", **settings):
    return PlayPlan(name, WHERE, tuple(steps), **settings)


@dataclass
class Done:
    summary: object
    events: list
    log: list
    logs: object

    def of(self, kind):
        return [event for event in self.events if event["type"] == kind]


@pytest.fixture
def drill(tmp_path):
    """Run plays: `drill(play(...), setup=[...], healthy=[...])`."""
    for name in World.__dataclass_fields__:
        setattr(WORLD, name, getattr(World(), name))

    def run(*plays, setup=(), healthy=(), inventory=None, beside=None, **order):
        plan = PlaybookPlan("book", "book.yaml", "0" * 64, "", ("local",), {}, {}, tuple(setup), tuple(healthy), plays)
        spec = TargetSpec("shop", "nowhere", {}, WHERE)
        place = inventory or Inventory("inv", "inv.yaml", "local", {"shop": spec})

        async def connect(spec):
            return Nowhere()

        async def go():
            runner = Run(Order(plan, place, "run-1", tmp_path, connect, KINDS.get, **order))
            async with anyio.create_task_group() as group:
                if beside:
                    group.start_soon(beside, runner)
                summary = await runner.run()
                group.cancel_scope.cancel()
            return summary

        summary = run_virtually(go())
        events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
        return Done(summary, events, WORLD.log, tmp_path)

    return run


@pytest.fixture
def world():
    return WORLD


@pytest.fixture
def make():
    return types.SimpleNamespace(step=step, play=play, where=WHERE, kinds=KINDS.get, nowhere=Nowhere)
