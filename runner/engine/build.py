"""Renders what had to wait for the run: from a planned step and the variables of now to a finished step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from runner.core import duration
from runner.core.context import ExpressionError
from runner.core.step import Step
from runner.engine.execute import Timing
from runner.playbook.plan import Deferred, StepPlan
from runner.playbook.variables import render


def build(plan: StepPlan, variables: Mapping[str, Any]) -> tuple[Step, Timing]:
    """The step with all its settings, and its times.

    Raises:
        ExpressionError: a template names what is not there, or gives a value that the step cannot take.

    """
    return plan.step or _step(plan, variables), _timing(plan, variables)


def _step(plan: StepPlan, variables: Mapping[str, Any]) -> Step:
    args = plan.args.value if isinstance(plan.args, Deferred) else plan.args
    kept = {name: args[name] for name in plan.model.deferred if name in args}
    rest = render({name: value for name, value in args.items() if name not in kept}, variables)
    try:
        return plan.model.model_validate({**rest, **kept})
    except ValidationError as error:
        found = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise ExpressionError(f"{plan.kind}: {found}") from error


def _timing(plan: StepPlan, variables: Mapping[str, Any]) -> Timing:
    within, hold, every, timeout = (
        _seconds(value, variables) for value in (plan.within, plan.hold, plan.every, plan.timeout)
    )
    return Timing(within, hold, every or 0.2, timeout or 60.0)


def _seconds(value: float | Deferred | None, variables: Mapping[str, Any]) -> float | None:
    if not isinstance(value, Deferred):
        return value
    try:
        return duration.seconds(render(value.value, variables))
    except ValueError as error:
        raise ExpressionError(str(error)) from error
