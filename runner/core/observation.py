"""A fact that was seen: a sentence for people and plain data for judgement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Observation:
    """What a step saw or did. `data` is plain (JSON) and has the shape of the step kind's `Result`."""

    summary: str
    data: Mapping[str, Any] = field(default_factory=dict)
