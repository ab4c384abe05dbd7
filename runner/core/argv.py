"""Commands as a playbook writes them: a list of words, or a line for the shell."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

Argv = Annotated[
    list[str],
    BeforeValidator(lambda value: ["sh", "-c", value] if isinstance(value, str) else value),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""A list is run as it is; a text is run by `sh -c`."""

_KEPT = 16 * 1024


def shortened(output: str) -> str:
    """Output without its last line end, and at most 16 KiB of it: what is registered also goes into the event log."""
    text = output.rstrip("\n")
    return text if len(text) <= _KEPT else f"{text[:_KEPT]}\n… {len(text) - _KEPT} more characters"


def last_line(*outputs: str) -> str:
    """The last line that says something, at most 200 characters, for a sentence."""
    lines = [line.strip() for output in outputs for line in output.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "no output"
