"""Times as Kubernetes writes them."""

from datetime import UTC, datetime


def now() -> datetime:
    """Give the present moment in UTC."""
    return datetime.now(UTC)


def stamp(moment: datetime | None = None) -> str:
    """Write a moment (now unless told) as metav1.Time: whole seconds."""
    return (moment or now()).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro(moment: datetime | None = None) -> str:
    """Write a moment (now unless told) as metav1.MicroTime."""
    return (moment or now()).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(text: str) -> datetime:
    """Read either form; raises ValueError."""
    return datetime.fromisoformat(text)


def age(text: str) -> float:
    """Give the seconds since then; negative for what is still to come."""
    return (now() - parse(text)).total_seconds()
