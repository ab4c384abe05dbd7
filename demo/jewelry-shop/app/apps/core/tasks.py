"""What the workers do."""

from time import time
from typing import Any

from celery import shared_task
from django.core.cache import cache

HEARTBEAT = "heartbeat"


@shared_task
def echo(value: Any) -> Any:
    """Return what was sent."""
    return value


@shared_task
def add(left: float, right: float) -> float:
    """Return the sum."""
    return left + right


@shared_task(ignore_result=True)
def heartbeat() -> None:
    """Note in the cache that beat sent and a worker did something: Unix time in seconds."""
    cache.set(HEARTBEAT, time(), None)
