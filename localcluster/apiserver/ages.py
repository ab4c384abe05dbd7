"""Spans of time as kubectl shows them: `42s`, `5m12s`, `3h`, `12d`."""

from datetime import UTC, datetime

_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86400, 31_536_000


def age(since: str | None) -> str:
    """Tell how long ago a moment was."""
    return duration(since, None) if since else "<unknown>"


def duration(start: str, end: str | None) -> str:
    """Tell how long it took; until now when there is no end."""
    last = datetime.fromisoformat(end) if end else datetime.now(UTC)
    return human(int((last - datetime.fromisoformat(start)).total_seconds()))


def human(seconds: int) -> str:
    """Write seconds with one or two units, as upstream's HumanDuration does."""
    if seconds < 0:
        return "0s" if seconds >= -1 else "<invalid>"
    if seconds < 2 * _MINUTE:
        return f"{seconds}s"
    minutes, hours, days = seconds // _MINUTE, seconds // _HOUR, seconds // _DAY
    if minutes < 10:
        return _two(minutes, "m", seconds % _MINUTE, "s")
    if hours < 3:
        return f"{minutes}m"
    if hours < 8:
        return _two(hours, "h", minutes % 60, "m")
    if hours < 48:
        return f"{hours}h"
    if hours < 192:
        return _two(days, "d", hours % 24, "h")
    return f"{days}d" if seconds < 2 * _YEAR else _two(seconds // _YEAR, "y", days % 365, "d")


def _two(large: int, unit: str, small: int, small_unit: str) -> str:
    return f"{large}{unit}{small}{small_unit}" if small else f"{large}{unit}"
