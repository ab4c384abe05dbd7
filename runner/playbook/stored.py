"""A step in the playbook's own language, as the journal keeps it: written from a model, read back into one."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError

from runner.core.errors import InvalidInput, Mistake
from runner.core.step import Step
from runner.playbook.complaints import complaints, dotted
from runner.playbook.expressions import is_template
from runner.playbook.mistakes import near
from runner.playbook.plan import Kinds, names_of


def to_playbook(step: Step) -> dict[str, Any]:
    """One step as a playbook writes it, defaults left out: `{scale: {deployment: web, replicas: 3}}`."""
    return {step.kind(): _literal(step.model_dump(mode="json", exclude_defaults=True, by_alias=True))}


def _literal(value: Any) -> Any:
    """Text that looks like a template but is none is written so that rendering gives it back."""
    if is_template(value):
        return re.sub(r"\{[{%#]", lambda found: f"{{{{ '{found.group()}' }}}}", value)
    if isinstance(value, dict):
        return {key: _literal(item) for key, item in value.items()}
    return [_literal(item) for item in value] if isinstance(value, list) else value


def step_from_journal(kind: str, args: Any, kinds: Kinds) -> Step:
    """Make the step again that `to_playbook` wrote; its templates must have been rendered.

    Raises:
        InvalidInput: there is no such kind (any more), or it does not take these settings.

    """
    model = kinds(kind)
    if model is None:
        raise InvalidInput([Mistake(None, f"{kind}: unknown step kind{near(kind, names_of(kinds))}")])
    try:
        return model.model_validate(args)
    except ValidationError as error:
        found = [f"{kind}{dotted(path)}: {what}" for path, what, _ in complaints(error, model, args)]
        raise InvalidInput([Mistake(None, what) for what in found]) from error
