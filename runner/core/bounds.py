"""A number that is wanted exactly, or between a lower and an upper bound."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Range(BaseModel):
    """A lower and an upper bound."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min: int = Field(default=0, ge=0, description="At least so many.")
    max: int | None = Field(default=None, ge=0, description="At most so many.")


Bounds = int | Range
"""`3`, or `{min: 2, max: 5}`."""


def out_of_bounds(there: int, wanted: Bounds | None) -> str:
    """What was wanted instead; empty when it is right."""
    if isinstance(wanted, int):
        return f"{wanted} wanted" if there != wanted else ""
    if wanted is not None and there < wanted.min:
        return f"at least {wanted.min} wanted"
    if wanted is not None and wanted.max is not None and there > wanted.max:
        return f"at most {wanted.max} wanted"
    return ""
