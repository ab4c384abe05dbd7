"""From errors and single verdicts to the verdict of a play: the rules that decide who is to blame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from runner.core.context import ExpressionError
from runner.core.errors import Refused, Unreachable, Where
from runner.core.step import StepFailed
from runner.core.target import ApiRefused
from runner.core.verdict import Outcome, Verdict, failed, passed, skipped, unknown


@dataclass(frozen=True)
class StepResult:
    """What one step came to."""

    name: str
    where: Where
    verdict: Verdict
    judged: bool = False
    """It judged the system."""
    void: bool = False
    """Nothing in this play is proven any more: missing proof, no load, unreachable API."""
    lost_fault: bool = False
    """Its `when` or empty loop took a fault away."""
    lost_judgement: bool = False
    load: bool = False
    """It ran beside the others."""
    data: Any = field(default=None)


def blame(error: BaseException, where: Where) -> Verdict:
    """The one place where an exception becomes a verdict: FAILED only when a step says so, else UNKNOWN."""
    match error:
        case StepFailed():
            return failed(str(error))
        case Unreachable() | Refused():
            return unknown(str(error))
        case ApiRefused():
            return unknown(f"the API refused ({error.code} {error.reason}): {error.message}")
        case ExpressionError():
            return unknown(f"{where}: {error}")
        case TimeoutError():
            return unknown(f"timed out: {error}" if str(error) else "timed out")
        case _:
            return unknown(f"{where}: {type(error).__name__}: {error}")


def is_void(error: BaseException) -> bool:
    """Whether an error means that the play proves nothing at all."""
    return isinstance(error, Unreachable)


def of_play(results: Sequence[StepResult]) -> tuple[Verdict, StepResult | None]:
    """The play's verdict and the step that decided it (design, section 8)."""
    for pick in (_void, _failed, _unknown):
        for result in results:
            if pick(result):
                return Verdict(Outcome.UNKNOWN if pick is _void else result.verdict.outcome, _said(result)), result
    for result in results:
        if result.lost_fault:
            return skipped(f"{result.name}: {result.verdict.reason}"), result
    judged = [result for result in results if result.judged and result.verdict.passed]
    if judged:
        return passed(judged[-1].verdict.reason), None
    for result in results:
        if result.lost_judgement:
            return skipped(f"{result.name}: {result.verdict.reason}"), result
    return unknown("nothing was judged"), None


def _void(result: StepResult) -> bool:
    return result.void and not result.verdict.passed


def _failed(result: StepResult) -> bool:
    return result.verdict.outcome is Outcome.FAILED


def _unknown(result: StepResult) -> bool:
    return result.verdict.outcome is Outcome.UNKNOWN


def _said(result: StepResult) -> str:
    return f"{result.name}: {result.verdict.reason}"
