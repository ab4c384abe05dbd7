"""Where results of tasks lie: in the Redis that Sentinel names, read by asking.

Celery's own Sentinel backend subscribes to each result. A subscription to a master that vanished without closing its
connections (a dead node, a partition) never comes back in a long-lived process such as gunicorn; asking always does.
"""

from typing import Any

from celery.backends.base import SyncBackendMixin
from celery.backends.redis import SentinelBackend


class PolledSentinelBackend(SyncBackendMixin, SentinelBackend):
    """Sentinel's master as a plain key-value store."""

    def on_task_call(self, producer: Any, task_id: str) -> None:
        """Subscribe to nothing."""
