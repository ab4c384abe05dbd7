"""What a step may ask of the engine while it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from runner.core.step import Step
from runner.core.target import Cluster, CommandResult


class StepContext(Protocol):
    """The step's whole world: no globals, no clock but the event loop's, no way around the journal."""

    @property
    def run(self) -> str:
        """Id of the run; goes into the label `e2e-run/id` of everything a step creates."""

    @property
    def play(self) -> str:
        """Name of the play."""

    @property
    def folder(self) -> str:
        """Folder of the playbook: relative paths in a step start here."""

    cluster: Cluster
    """The target of the step."""
    allow_empty: bool
    """Whether a selector may match nothing."""

    @property
    def blows(self) -> Sequence[float]:
        """When the faults of this play struck, seconds on the event loop's clock; grows while a load runs."""

    @property
    def variables(self) -> Mapping[str, Any]:
        """The variables that the step sees."""

    def now(self) -> float:
        """Seconds on the event loop's clock."""

    async def blow(self) -> None:
        """The moment of the blow, for faults: call it when the targets are known and the way back is written.

        Waits for the other branches of a `parallel`, then stamps the time from which recovery is measured.
        """

    def undo(self, step: Step, *, within: float = 60.0) -> None:
        """Write the way back to the journal, durably, before the blow. `within` in seconds."""

    def evaluate(self, expression: str, **extra: Any) -> Any:
        """Evaluate a bare Jinja expression against the variables, with `extra` names such as `object`.

        Raises:
            ExpressionError: an undefined name or an impossible operation; the message says which.

        """

    def set(self, name: str, value: Any) -> None:
        """Set a variable for the steps that follow (`set-vars`)."""

    def publish(self, **state: Any) -> None:
        """A load's live state: `ready`, `rps`, `users`, `done`."""

    def milestone(self, name: str, **facts: Any) -> None:
        """A moment of the drill's timeline, stamped now (`at=` in `facts` overrides it, loop seconds)."""

    def evidence(self, name: str, text: str) -> str:
        """Keep a text beside the run, masked; returns its path relative to the run's folder."""

    async def command(
        self, argv: Sequence[str], *, timeout: float, env: dict[str, str] | None = None, cwd: str | None = None
    ) -> CommandResult:
        """Run a program on this machine; raises TimeoutError and FileNotFoundError."""


class ExpressionError(Exception):
    """A `that:` or `when:` that cannot be evaluated against what is there."""
