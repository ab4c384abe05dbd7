"""One step of a playbook: from a mapping to a `StepPlan`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runner.core.context import ExpressionError
from runner.core.step import Load, Probe, Step
from runner.playbook.complaints import shown
from runner.playbook.expressions import Code, expression, is_template
from runner.playbook.language import NOT_YET, StepKeys
from runner.playbook.mistakes import near
from runner.playbook.names import Items, Late, View
from runner.playbook.plan import Deferred, StepPlan
from runner.playbook.read_args import read_args
from runner.playbook.reading import Place
from runner.playbook.register import note_names
from runner.playbook.settle import Settled, Spot, check_expression, fit_parts, settle
from runner.playbook.source import Map

KEYS = tuple(field.alias or name for name, field in StepKeys.model_fields.items())
"""What a step may have beside its kind."""

# Read on their own: a bare expression, a list whose elements are `item`, settings of the kind.
_APART = frozenset({"when", "loop", "budget"})

_OF_PROBES = ("within", "for", "every")


def read_step(raw: Map, place: Place) -> StepPlan | None:
    """The step, or None when it is too wrong to go on with it; mistakes are noted."""
    kind = _kind(raw, place)
    if kind is None:
        return None
    model = place.reading.kind(kind)
    assert model is not None
    return _Reader(raw, place, kind, model).plan()


def _kind(raw: Map, place: Place) -> str | None:
    for key in NOT_YET:
        if key in raw:
            place.mistakes.add(place.where(raw.lines[key]), f"{key}: {NOT_YET[key]}")
    words = [key for key in raw if key not in KEYS and key not in NOT_YET]
    known = [word for word in words if isinstance(word, str) and place.reading.kind(word)]
    if len(known) > 1:
        what = f"two step kinds in one step: {' and '.join(known)}; each is a step of its own"
        place.mistakes.add(place.where(raw.lines[known[1]]), what)
    for word in words:
        if word not in known:
            _unknown(str(word), raw.lines[word], known, place)
    if not words:
        place.mistakes.add(place.where(raw.line), "the step has no kind; say what it does, such as assert-pods")
    return known[0] if len(known) == 1 else None


def _unknown(word: str, line: int, known: list[str], place: Place) -> None:
    if known:
        what = f"{word}: unknown key of a step{near(word, KEYS) or near(word, place.reading.words())}"
    else:
        hint = near(word, [*place.reading.words(), *KEYS]) or "; `e2e-run steps` lists them"
        what = f"{word}: unknown step kind{hint}"
    place.mistakes.add(place.where(line), what)


@dataclass
class _Reader:
    raw: Map
    place: Place
    kind: str
    model: type[Step]

    def plan(self) -> StepPlan:
        when, settled_when = self._when()
        view, loop = self._loop(View(self.place.scope, when))
        keys, times = self._keys(view)
        args = read_args(self.raw, self.kind, self.model, view, self.place, run=settled_when is not False)
        plan = StepPlan(
            name=str(self.raw.get("name") or self.kind),
            kind=self.kind,
            model=self.model,
            args=args.value,
            where=self.place.where(self.raw.line),
            step=args.step,
            when=when,
            loop=loop,
            register=keys.get("register"),
            within=times.get("within"),
            hold=times.get("for"),
            every=times.get("every", 0.2),
            timeout=times.get("timeout", 60.0),
            allow_empty=keys.get("allow_empty", False),
            target=keys.get("target"),
            variables=self.place.added,
        )
        self._fits()
        note_names(plan, self.raw, args, self.place, None if settled_when is True else when)
        return plan

    def _spot(self, key: str) -> Spot:
        return Spot(self.place.file, self.raw[key], self.raw.lines[key], f"{self.kind}.{key}")

    def _when(self) -> tuple[str | None, object]:
        """The expression, and its value when it is known now (else None)."""
        raw = self.raw.get("when")
        if raw is None:
            return None, True
        if not isinstance(raw, str | bool):
            self._spot("when").tell(self.place.mistakes, (), f"must be an expression, not {shown(raw)}")
            return None, None
        text = str(raw).lower() if isinstance(raw, bool) else raw
        view = View(
            self.place.scope, text if _is_expression(text) else None, {"item": Late()} if "loop" in self.raw else {}
        )
        code = check_expression(text, view, self._spot("when"), (), self.place.mistakes)
        if code is None:
            return None, None
        return text, self._truth(code, view)

    def _truth(self, code: Code, view: View) -> object:
        if not all(view.is_final(ref) for ref in code.refs):
            return None
        try:
            return bool(code.value({name: view.scope.variables[name] for name in code.names}))
        except ExpressionError as error:
            if not any(view.trouble(ref) for ref in code.refs):
                self._spot("when").tell(self.place.mistakes, (), str(error))
            return None

    def _loop(self, view: View) -> tuple[View, Any]:
        raw = self.raw.get("loop")
        if raw is None:
            return view, None
        spot = self._spot("loop")
        settled = settle(spot, view, self.place.mistakes)
        if isinstance(raw, str) and not is_template(raw):
            spot.tell(
                self.place.mistakes, (), f"must be a list, or a template such as {{{{ {raw} }}}}, not {shown(raw)}"
            )
            settled.wrong = True
        elif not settled.waiting and not isinstance(settled.value, list | tuple):
            spot.tell(self.place.mistakes, (), f"must be a list, not {shown(settled.value)}")
            settled.wrong = True
        item = Late() if settled.waiting or settled.wrong else Items(tuple(settled.value))
        return View(view.scope, view.when, {"item": item}), settled.as_value(spot)

    def _keys(self, view: View) -> tuple[dict[str, Any], dict[str, Any]]:
        """What stands beside the kind, typed, and its times: seconds, or `Deferred`."""
        head = Map(self.raw.line)
        for key, value in self.raw.items():
            if key in KEYS and key not in _APART:
                head[key], head.lines[key] = value, self.raw.lines[key]
        if not head:
            return {}, {}
        spot = Spot(self.place.file, head, self.raw.line, self.kind)
        settled = settle(spot, view, self.place.mistakes, skip=frozenset({"name"}))
        typed = fit_parts(StepKeys, spot, settled, self.place.mistakes)
        times = {key: typed[key] for key in (*_OF_PROBES, "timeout") if typed.get(key) is not None}
        for path in settled.waiting:
            times[path[0]] = Deferred(head[path[0]], self.place.where(head.lines[path[0]]), tuple(sorted(settled.uses)))
        self._has_to_be_known(settled, spot)
        return typed, times

    def _has_to_be_known(self, settled: Settled, spot: Spot) -> None:
        for path in settled.waiting:
            if path[0] in ("register", "target", "allow_empty") and not settled.wrong:
                spot.tell(self.place.mistakes, path, "must be known before the run")

    def _fits(self) -> None:
        """Keys and phases that do not go with this shape of step."""
        for key in _OF_PROBES:
            if key in self.raw and not issubclass(self.model, Probe):
                self._tell(key, f"{self.kind} is no probe; only probes take {key}")
        if "timeout" in self.raw and issubclass(self.model, Probe | Load):
            hint = "; use within" if issubclass(self.model, Probe) else ""
            self._tell("timeout", f"only actions and faults take timeout{hint}")
        phase = self.place.phase
        if issubclass(self.model, Load) and phase != "steps":
            self._tell(self.kind, f"is a load, which runs beside the steps of a play; it cannot stand in {phase}")
        if phase == "healthy" and not issubclass(self.model, Probe):
            self._tell(self.kind, "is no probe; healthy only looks")
        target = self.raw.get("target")
        tell_target(target, self.place, self.raw.lines.get("target", self.raw.line), self.kind)

    def _tell(self, key: str, what: str) -> None:
        label = key if key == self.kind else f"{self.kind}.{key}"
        self.place.mistakes.add(self.place.where(self.raw.lines[key]), f"{label}: {what}")


def tell_target(target: object, place: Place, line: int, label: str) -> None:
    """Note a target that the inventory does not have."""
    known = place.reading.targets
    if isinstance(target, str) and known is not None and target not in known and not is_template(target):
        hint = near(target, known) or f"; it has {', '.join(known)}"
        place.mistakes.add(place.where(line), f"{label}.target: the inventory has no target {target}{hint}")


def _is_expression(text: str) -> bool:
    try:
        expression(text)
    except ExpressionError:
        return False
    return True
