"""A connection with a Redis or Sentinel in a pod, through a tunnel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runner.access.not_served import NotServed
from runner.access.plain import plain
from runner.core.target import ApiRefused

if TYPE_CHECKING:
    from redis.asyncio import Redis

    from runner.access.service import Backend
    from runner.core.target import Cluster


@dataclass(frozen=True)
class RedisLogin:
    """Who asks; both may be empty."""

    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Role:
    """What a server says it is."""

    name: str
    """master, slave or sentinel, in Redis' own words."""
    replicas: int
    """Replicas connected to a master."""
    link: str
    """A replica's link to its master: connected, connecting, sync, …; empty for a master."""


@asynccontextmanager
async def connection(cluster: Cluster, backend: Backend, login: RedisLogin, *, timeout: float) -> AsyncIterator[Redis]:
    """A client on a single connection that never retries by itself; `timeout` in seconds, for each answer.

    Raises:
        NotServed: the pod is gone, or the server refused or did not answer, at the start or within the block.
        Unreachable: the way to the pod is broken.

    """
    from redis.exceptions import RedisError

    try:
        async with cluster.tunnel(backend.pod, backend.port, backend.namespace) as (host, port):
            client = _client(host, port, login, timeout)
            try:
                await client.initialize()
                yield client
            except (RedisError, OSError) as error:
                raise NotServed(f"Redis in {backend.pod}: {sentence(error, timeout)}") from error
            finally:
                await client.aclose()
    except ApiRefused as refused:
        raise NotServed(f"no way to {backend.pod}:{backend.port}: {refused.message}") from refused


async def ask(client: Redis, *words: str | float) -> Any:
    """One command; raises redis' own errors."""
    return await client.execute_command(*words)  # type: ignore[no-untyped-call] # redis-py leaves it untyped


async def role_of(client: Redis) -> Role:
    """What it is now; raises redis' own errors."""
    answer: Sequence[Any] = await ask(client, "ROLE")
    name = str(plain(answer[0]))
    if name == "master":
        return Role(name, len(answer[2]), "")
    return Role(name, 0, str(plain(answer[3])) if name == "slave" else "")


def sentence(error: Exception, timeout: float) -> str:
    """The driver's words, but for the tunnel's local address, which means nothing to a reader."""
    # By name: redis-py has a ConnectionError and a TimeoutError of its own, whose subclasses say something of use.
    kind = type(error).__name__
    if kind == "TimeoutError":
        return f"no answer within {timeout:g} s"
    if kind == "ConnectionError" or isinstance(error, OSError):
        return "connection refused or closed"
    return " ".join(str(error).split()) or kind


def _client(host: str, port: int, login: RedisLogin, timeout: float) -> Redis:
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    return Redis(
        host=host,
        port=port,
        username=login.user or None,
        password=login.password or None,
        single_connection_client=True,
        socket_timeout=timeout,
        socket_connect_timeout=timeout,
        retry=Retry(NoBackoff(), 0),  # a hidden retry would make an outage look like a slow answer
        protocol=2,  # Sentinel of Redis 6 and old servers know no other
        decode_responses=True,
        driver_info=None,
    )
