"""The wall clock as Kubernetes writes it."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> str:
    """Give this second, as in `2026-01-31T12:00:00Z`."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def now_micro() -> str:
    """Give this microsecond, as Leases carry it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def seconds(stamp: str) -> float:
    """Read a stamp as seconds since 1970, to the microsecond.

    Raises:
        ValueError: this is no RFC 3339 time.

    """
    return datetime.fromisoformat(stamp).timestamp()
