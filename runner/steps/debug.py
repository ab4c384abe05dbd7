"""Write a sentence or a value into the log."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from runner.core.context import ExpressionError, StepContext
from runner.core.observation import Observation
from runner.core.step import Action
from runner.core.step import Result as StepResult


class Result(StepResult):
    """What was shown."""

    message: str
    value: Any = None


class Debug(Action):
    """Write a sentence or a value into the log. It judges nothing, and a value that is not there is shown as such.

    Example:
        - name: say where we are
          debug: {message: "the shop is up"}

    """

    Result: ClassVar[type[StepResult]] = Result
    deferred: ClassVar[frozenset[str]] = frozenset({"var"})

    message: str | None = Field(default=None, description="Sentence; may hold templates.")
    var: str | None = Field(default=None, description="Bare expression whose value is shown, such as before.pods.")

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.message is None) == (self.var is None):
            raise ValueError("give either message or var")
        return self

    async def act(self, ctx: StepContext) -> Observation:
        """Show it."""
        if self.var is None:
            return Observation(str(self.message), {"message": self.message, "value": None})
        try:
            value = ctx.evaluate(self.var)
        except ExpressionError as error:
            return Observation(f"{self.var}: {error}", {"message": str(error), "value": None})
        return Observation(f"{self.var} = {value!r}", {"message": f"{value!r}", "value": value})
