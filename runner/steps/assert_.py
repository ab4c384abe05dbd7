"""Judge values that earlier steps registered."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from runner.core.context import StepContext
from runner.core.observation import Observation
from runner.core.step import Probe
from runner.core.step import Result as StepResult
from runner.core.that import That, unmet
from runner.core.verdict import Verdict, failed, passed


class Result(StepResult):
    """What came of the expressions."""

    held: int
    """How many are true."""
    unmet: list[str]
    """A sentence for each that is not."""


class Assert(Probe):
    """Judge registered values and variables: every expression must be true (not merely something that is not empty).

    Example:
        - name: the numbers add up
          assert: {that: ["1 + 1 == 2", "'web' in ['web', 'worker']"], message: "arithmetic is broken"}

    """

    Result: ClassVar[type[StepResult]] = Result
    deferred: ClassVar[frozenset[str]] = frozenset({"that"})

    that: That = Field(min_length=1, description="Bare expression, or a list of them; all must be true.")
    message: str = Field(default="", description="What it means when they are not; stands before the reason.")

    async def look(self, ctx: StepContext) -> Observation:
        """Evaluate them."""
        missing = unmet(ctx, self.that)
        held = len(self.that) - len(missing)
        return Observation(f"{held} of {len(self.that)} hold", {"held": held, "unmet": missing})

    def judge(self, seen: Observation) -> Verdict:
        """All must hold."""
        if not seen.data["unmet"]:
            return passed("; ".join(self.that))
        return failed(": ".join(filter(None, (self.message, "; ".join(seen.data["unmet"])))))
