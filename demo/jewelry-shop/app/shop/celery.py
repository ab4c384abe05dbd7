"""Celery for the shop: broker and results on the Redis that Sentinel names, found again after each failover."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from celery import Celery
from celery.signals import worker_ready

from shop.environment import config, secret, sentinels

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")

BROKER_DB = 1  # apart from the cache (0), so that clearing one does not empty the other
RESULT_DB = 2
READY = Path("/tmp/worker-ready")


def sentinel_url(database: int) -> str:
    """Return every Sentinel as one URL in Celery's form; the password is the one of Redis."""
    password = quote(secret("REDIS_PASSWORD"), safe="")
    return ";".join(f"sentinel://:{password}@{host}:{port}/{database}" for host, port in sentinels())


def transport_options() -> dict[str, Any]:
    """Return time-outs short enough to notice a dead master within seconds."""
    from apps.core.sentinel_cache import sentinel_options

    return {
        "master_name": config("SENTINEL_MASTER"),
        "sentinel_kwargs": sentinel_options(),
        "socket_connect_timeout": 1.0,
        "socket_timeout": 2.0,
        "socket_keepalive": True,
        "health_check_interval": 2,
        "retry_on_timeout": True,  # else a message taken from a new master is dropped on a dead connection to the old
        "visibility_timeout": 60,
        "brpop_timeout": 1,
    }


app = Celery("shop")
app.conf.update(
    broker_url=sentinel_url(BROKER_DB),
    broker_transport_options=transport_options(),
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_connection_timeout=2,
    result_backend=f"shop.results:PolledSentinelBackend+{sentinel_url(RESULT_DB)}",
    result_backend_always_retry=True,
    result_backend_max_retries=20,
    result_backend_max_sleep_between_retries_ms=500,
    result_backend_transport_options=transport_options(),
    redis_socket_timeout=2.0,
    redis_socket_connect_timeout=1.0,
    redis_retry_on_timeout=True,
    result_expires=3600,
    task_acks_late=True,  # a task of a worker that died is done by the next one
    task_publish_retry_policy={"max_retries": 20, "interval_start": 0.1, "interval_step": 0.1, "interval_max": 0.5},
    worker_prefetch_multiplier=1,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    beat_schedule={"heartbeat": {"task": "apps.core.tasks.heartbeat", "schedule": 5.0, "options": {"expires": 5}}},
    beat_max_loop_interval=5,
    timezone="UTC",
)
app.autodiscover_tasks(["apps.core"])


@worker_ready.connect
def note_that_the_worker_listens(**_: Any) -> None:
    """Leave a file for the pod's probe, which is cheaper than asking the worker."""
    READY.touch()
