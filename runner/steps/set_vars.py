"""Set variables for the steps that follow."""

from __future__ import annotations

from typing import ClassVar

from pydantic import ConfigDict

from runner.core.context import StepContext
from runner.core.observation import Observation
from runner.core.step import Action


class SetVars(Action):
    """Set variables for the steps that follow in this play, or, in `setup`, for all plays.

    Each key is a variable, each value is rendered when the step runs.

    Example:
        - name: remember who leads
          set-vars: {leader: "postgres-0", patience: 30s}

    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="allow")

    async def act(self, ctx: StepContext) -> Observation:
        """Set them all."""
        values = self.model_extra or {}
        for name, value in values.items():
            ctx.set(name, value)
        return Observation(f"set {', '.join(values)}" if values else "set nothing", values)
