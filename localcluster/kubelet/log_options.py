"""What part of a log somebody asks for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcluster.kubelet.cri_log import Line


@dataclass(frozen=True)
class LogOptions:
    """The query of a request for logs."""

    follow: bool = False
    previous: bool = False
    timestamps: bool = False
    tail: int | None = None
    since: str = ""
    """A time as the log has it; earlier lines are left out."""
    limit: int | None = None
    """Bytes."""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> LogOptions:
        """Read follow, previous, timestamps, tailLines, sinceSeconds, sinceTime and limitBytes.

        Raises:
            ValueError: one of them is malformed.

        """
        return cls(
            follow=_flag(query.get("follow")),
            previous=_flag(query.get("previous")),
            timestamps=_flag(query.get("timestamps")),
            tail=_number(query, "tailLines"),
            since=_since(query),
            limit=_number(query, "limitBytes"),
        )

    def show(self, line: Line) -> bytes:
        """Give the line as the reader gets it; nothing if it is too old."""
        if line.time < self.since:
            return b""
        return line.time.encode() + b" " + line.text if self.timestamps else line.text


def _flag(value: str | None) -> bool:
    return (value or "").lower() in ("true", "1", "t")


def _number(query: Mapping[str, str], key: str) -> int | None:
    value = query.get(key)
    if value is None:
        return None
    if not value.isdigit():
        raise ValueError(f"{key}={value!r} must be a number, 0 or greater")
    return int(value)


def _since(query: Mapping[str, str]) -> str:
    seconds = _number(query, "sinceSeconds")
    if seconds is not None:
        moment = datetime.now(UTC) - timedelta(seconds=seconds)
    elif query.get("sinceTime"):
        moment = datetime.fromisoformat(query["sinceTime"]).astimezone(UTC)
    else:
        return ""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
