"""What a step adds to the names: its register, the variables that it sets, its name when it is a load."""

from __future__ import annotations

from typing import Any

from runner.core.step import Load
from runner.playbook.language import variable_name
from runner.playbook.names import Late
from runner.playbook.plan import StepPlan
from runner.playbook.read_args import ReadArgs
from runner.playbook.reading import Place
from runner.playbook.source import Map


def note_names(plan: StepPlan, raw: Map, args: ReadArgs, place: Place, when: str | None) -> None:
    """Note the names; one that is taken is a mistake. `when`: they come to be only if it is true."""
    if plan.register:
        _register(plan, raw.lines["register"], place, when)
    if issubclass(plan.model, Load):
        _load(plan, place, raw.lines.get("name", raw.line))
    if plan.model.model_config.get("extra") == "allow":
        for name in args.raw:
            if name not in plan.model.model_fields:
                _set(str(name), args.raw.lines[name], plan.kind, place, when)


def _register(plan: StepPlan, line: int, place: Place, when: str | None) -> None:
    name = plan.register or ""
    where = place.where(line)
    taken = place.scope.taken(name)
    if taken:
        place.mistakes.add(where, f"{plan.kind}.register: {name} is already {taken}")
    elif place.phase == "healthy":
        place.mistakes.add(where, f"{plan.kind}.register: healthy is looked at many times; it registers nothing")
    shape: Any = plan.model.Result if plan.loop is None else list[plan.model.Result]  # type: ignore[name-defined]
    unsure = "a load's figures come at the end of the play" if issubclass(plan.model, Load) else ""
    place.scope.late[name] = Late(shape, where, when, unsure)


def _load(plan: StepPlan, place: Place, line: int) -> None:
    taken = place.scope.taken(plan.name)
    if taken:
        hint = "" if plan.name != plan.kind else "; give it a name of its own"
        place.mistakes.add(place.where(line), f"{plan.kind}: the load's name {plan.name} is already {taken}{hint}")
    place.scope.loads[plan.name] = place.where(line)


def _set(name: str, line: int, kind: str, place: Place, when: str | None) -> None:
    trouble = variable_name(name)
    before = place.scope.late.get(name)
    taken = "" if before and before.settable else place.scope.taken(name)
    if trouble or taken:
        place.mistakes.add(place.where(line), f"{kind}.{name}: {trouble or f'{name} is already {taken}'}")
    elif not (before and before.when is None):
        place.scope.late[name] = Late(Any, place.where(line), when, settable=True)
