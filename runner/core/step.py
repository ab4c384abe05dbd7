"""The four shapes of a step: Action does, Fault hurts and proves it, Probe looks and judges, Load runs beside."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict

from runner.core.verdict import Verdict

if TYPE_CHECKING:
    from runner.core.context import StepContext
    from runner.core.observation import Observation


class Result(BaseModel):
    """What a step registers; the attributes that later expressions may use are declared here."""

    model_config = ConfigDict(extra="forbid")


class Step(BaseModel):
    """One typed line of a play: settings, never state.

    The docstring of a kind begins with a sentence and holds an `Example:`; its fields say their unit. The module's
    name is the word in the playbook (`kill_pod.py` is `kill-pod`), so adding a kind edits no other file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    Result: ClassVar[type[BaseModel]] = Result
    """Shape of the data that `register` gives to later steps."""

    judges: ClassVar[bool] = False
    """Whether its verdict is a judgement of the system; a play without one cannot pass."""

    deferred: ClassVar[frozenset[str]] = frozenset()
    """Fields that hold bare expressions (`that`): not rendered, but evaluated by the step through `ctx.evaluate`."""

    @classmethod
    def kind(cls) -> str:
        """The word in the playbook; a module that would be a Python keyword ends in `_` (`assert_.py` is `assert`)."""
        return cls.__module__.rpartition(".")[2].removesuffix("_").replace("_", "-")


class Action(Step):
    """Does something once."""

    async def act(self, ctx: StepContext) -> Observation:
        """Do it.

        Raises:
            Unreachable: nothing answered; the step is UNKNOWN. Any other exception makes it FAILED only if it is a
                `StepFailed`, else UNKNOWN.

        """
        raise NotImplementedError


class Fault(Step):
    """Hurts, and must be able to prove it."""

    async def strike(self, ctx: StepContext) -> Observation:
        """Hurt the system, after `ctx.undo(...)` when it does not heal by itself.

        A selector that matches nothing raises `Refused`.
        """
        raise NotImplementedError

    async def prove(self, ctx: StepContext, struck: Observation) -> Verdict:
        """Has the target felt it, seen from the thing itself? Polled until PASSED or `timeout`; else UNKNOWN."""
        raise NotImplementedError


class Probe(Step):
    """Looks; may be repeated until `within` is over."""

    judges: ClassVar[bool] = True

    @property
    def look_limit(self) -> float:
        """Longest time of a single look, in seconds: one that takes longer says more about us than about the system."""
        return 10.0

    async def look(self, ctx: StepContext) -> Observation:
        """Return what is there, even if it is ugly; raise `Unreachable` when nothing can be seen."""
        raise NotImplementedError

    def judge(self, seen: Observation) -> Verdict:
        """Say what is thought of it: pure, with numbers in the sentence."""
        raise NotImplementedError


class Load(Step):
    """Runs beside the steps that follow and is judged at the end of the play.

    A load with a `budget` field takes the step's `budget:` key there.
    """

    judges: ClassVar[bool] = True

    async def drive(self, ctx: StepContext, stop: Stop) -> Observation:
        """Run until `stop` is set, then settle and count; publish live state, `ready=True` when a fault may strike."""
        raise NotImplementedError

    def judge(self, seen: Observation) -> Verdict:
        """Judge the whole of it against the budget: pure."""
        raise NotImplementedError


class Stop(Protocol):
    """The engine's word that the play is over (an `asyncio.Event`/`anyio.Event` fits)."""

    def is_set(self) -> bool:
        """Whether the load should come to an end."""

    async def wait(self) -> object:
        """Return when the load should come to an end."""


class StepFailed(Exception):
    """The system under test refused or broke what an action asked of it: the step is FAILED, with this sentence."""
