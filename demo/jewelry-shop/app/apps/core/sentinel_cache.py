"""Django's Redis cache on whichever Redis is the master now, found through Sentinel.

Every error asks the Sentinels again, every connect resolves the name again, and a command is repeated until the
cache's `patience` (seconds) is over: so a failover is a pause and not an error. A repeated command may be done twice,
which is harmless for everything that a cache may be asked.
"""

from collections.abc import Sequence
from functools import cached_property
from time import monotonic, sleep
from typing import Any

import redis
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError, BusyLoadingError, ConnectionError, ReadOnlyError, TimeoutError  # noqa: A004 - redis-py's names
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool

CONNECT_SECONDS = 1.0
ANSWER_SECONDS = 1.5
PAUSE_SECONDS = 0.1  # between two tries; Sentinel itself needs a second to see that a master is down
PASSING = (ConnectionError, TimeoutError, ReadOnlyError, BusyLoadingError)


def sentinel_options() -> dict[str, Any]:
    """Return how to talk to one Sentinel: briefly, with one more try for a connection that went stale."""
    return {
        "socket_connect_timeout": CONNECT_SECONDS,
        "socket_timeout": CONNECT_SECONDS,
        "retry": Retry(NoBackoff(), 1),
    }


class PatientRedis(redis.Redis):
    """Repeats a command while the master is away, for at most `patience` seconds."""

    patience = 0.0

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Run one command.

        Raises:
            redis.ConnectionError: no master answered in time, or the password is wrong (at once).

        """
        deadline = monotonic() + self.patience
        while True:
            try:
                return super().execute_command(*args, **options)
            except AuthenticationError:
                raise
            except PASSING:
                if monotonic() >= deadline:
                    raise
                sleep(PAUSE_SECONDS)


class SentinelCacheClient(RedisCacheClient):
    """Hands out clients of the master; servers are `host:port` of the Sentinels."""

    def __init__(self, servers: Sequence[str], *, master_name: str, password: str, patience: float) -> None:
        super().__init__(servers)
        self._master_name = master_name
        self._password = password
        self._patience = patience

    @cached_property
    def _master(self) -> PatientRedis:
        hosts = [server.rpartition(":") for server in self._servers]
        finder = Sentinel([(host, int(port)) for host, _, port in hosts], sentinel_kwargs=sentinel_options())
        pool = SentinelConnectionPool(
            self._master_name,
            finder,
            password=self._password,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),  # repeating is PatientRedis's business; two nested retries multiply
        )
        client = PatientRedis(connection_pool=pool)
        client.patience = self._patience
        return client

    def get_client(self, key: str | None = None, *, write: bool = False) -> PatientRedis:  # noqa: ARG002 - Django's signature
        """Return the master's client for reads as well: a cache must read what it wrote."""
        return self._master


class SentinelCache(RedisCache):
    """The cache backend to name in CACHES. OPTIONS: master_name, password, patience (seconds)."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = SentinelCacheClient
