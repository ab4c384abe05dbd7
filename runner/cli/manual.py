"""Pages of the step kinds, generated from their classes: the same text on the console and in docs/steps/."""

from __future__ import annotations

import inspect
import re
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from runner import steps
from runner.core import duration
from runner.core.duration import Duration
from runner.core.step import Action, Fault, Load, Probe, Step

_SHAPES = {
    Action: "action: does something once",
    Fault: "fault: hurts, and proves it",
    Probe: "probe: looks and judges",
    Load: "load: runs beside the steps that follow",
}


def table() -> str:
    """All kinds, one line each, as Markdown."""
    rows = [f"| `{kind.kind()}` | {_shape(kind)} | {_sentence(kind)} |" for kind in _all()]
    return "\n".join(["| kind | shape | what it does |", "| --- | --- | --- |", *rows])


def page(kind: type[Step]) -> str:
    """One kind's page as Markdown: what it is, an example, its settings, what it registers."""
    text = inspect.cleandoc(kind.__doc__ or "")
    story, _, example = text.partition("Example:")
    parts = [
        f"# {kind.kind()}",
        f"*{_shape(kind)}*",
        story.strip(),
        "## Example",
        f"```yaml\n{inspect.cleandoc(example)}\n```",
    ]
    parts += ["## Settings", _settings(kind.model_fields)]
    if kind.Result.model_fields:
        parts += ["## Registers", _settings(kind.Result.model_fields)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _all() -> list[type[Step]]:
    return [found for name in steps.names() if (found := steps.find(name))]


def _shape(kind: type[Step]) -> str:
    return next(text for shape, text in _SHAPES.items() if issubclass(kind, shape))


def _sentence(kind: type[Step]) -> str:
    return inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].replace("\n", " ")


def _settings(fields: dict[str, FieldInfo]) -> str:
    rows = [f"| `{name}` | {_type(field)} | {_default(field)} | {_meaning(field)} |" for name, field in fields.items()]
    return "\n".join(["| name | type | default | meaning |", "| --- | --- | --- | --- |", *rows]) if rows else "none"


def _type(field: FieldInfo) -> str:
    if _is_duration(field):
        return "duration"
    name = getattr(field.annotation, "__name__", "") if not hasattr(field.annotation, "__args__") else ""
    plain = re.sub(r"[A-Za-z_]\w*\.", "", name or str(field.annotation))
    return plain.replace("|", "\\|").replace("NoneType", "none")


def _meaning(field: FieldInfo) -> str:
    """The description; for a result that holds others, the names that expressions may use."""
    inner = [field.annotation, *get_args(field.annotation)]
    models = [one for one in inner if isinstance(one, type) and issubclass(one, BaseModel)]
    names = [f"`{name}`" for model in models for name in model.model_fields]
    return field.description or (f"with {', '.join(names)}" if names else "")


def _is_duration(field: FieldInfo) -> bool:
    # pydantic unpacks Annotated: the validator of durations is what tells them from plain numbers.
    ours = Duration.__metadata__  # type: ignore[attr-defined] # Annotated carries it at run time
    return any(part in field.metadata for part in ours) or "BeforeValidator" in str(field.annotation)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value: Any = field.get_default(call_default_factory=True)
    if value is None or (not value and not isinstance(value, int | float)):
        return ""
    return f"`{duration.text(value)}`" if _is_duration(field) else f"`{value}`"
