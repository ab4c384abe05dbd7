"""A session with PostgreSQL in a pod, through a tunnel."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio

from runner.access.not_served import NotServed
from runner.access.plain import plain
from runner.core.target import ApiRefused

if TYPE_CHECKING:
    import psycopg

    from runner.access.service import Backend
    from runner.core.target import Cluster


@dataclass(frozen=True)
class Login:
    """Who asks which database."""

    database: str
    user: str
    password: str = field(repr=False)


@asynccontextmanager
async def session(
    cluster: Cluster, backend: Backend, login: Login, *, timeout: float, writable: bool = False
) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """An autocommit connection; `writable` refuses a server that is in recovery. `timeout` in seconds, for connecting.

    Raises:
        NotServed: the pod is gone, or the server refused, is read-only or did not answer in time.
        Unreachable: the tunnel's other end is the API, and that did not answer.

    """
    try:
        tunnel = cluster.tunnel(backend.pod, backend.port, backend.namespace)
        async with tunnel as (host, port):
            connection = await _connect(host, port, backend, login, timeout, writable)
            try:
                yield connection
            finally:
                await connection.close()
    except ApiRefused as refused:
        raise NotServed(f"no way to {backend.pod}:{backend.port}: {refused.message}") from refused


async def rows_of(
    connection: psycopg.AsyncConnection[Any], query: str, params: Any = None, *, timeout: float
) -> list[dict[str, Any]]:
    """All rows as plain data, a mapping from column to value each; none for a statement that gives no rows.

    Raises:
        TimeoutError: no answer within `timeout` seconds; the connection is closed.
        psycopg.Error: as the server says; without an sqlstate the connection is gone.

    """
    async with hang_up_after(connection, timeout), connection.cursor() as cursor:
        await cursor.execute(query.encode(), params)
        if cursor.description is None:
            return []
        names = [column.name for column in cursor.description]
        return [dict(zip(names, plain(row), strict=True)) for row in await cursor.fetchall()]


@asynccontextmanager
async def hang_up_after(connection: psycopg.AsyncConnection[Any], seconds: float) -> AsyncIterator[None]:
    """Break the connection when the block takes longer, and raise TimeoutError instead of the driver's complaint.

    Cancelling instead would make psycopg ask the server to cancel the statement, on a way that may hang as well.
    """
    import psycopg

    late = False

    def hang_up() -> None:
        nonlocal late
        late = True
        with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.pgconn.socket)) as line:
            line.shutdown(socket.SHUT_RDWR)

    timer = asyncio.get_running_loop().call_later(seconds, hang_up)
    try:
        yield
    except psycopg.Error as error:
        if late:
            raise TimeoutError from error
        raise
    finally:
        timer.cancel()


def sentence(error: Exception) -> str:
    """The server's own words on one line, with the sqlstate where there is one."""
    state = getattr(error, "sqlstate", None)
    words = " ".join(str(error).split())
    return f"{words} (SQLSTATE {state})" if state else words


async def _connect(
    host: str, port: int, backend: Backend, login: Login, timeout: float, writable: bool
) -> psycopg.AsyncConnection[Any]:
    import psycopg

    try:
        with anyio.fail_after(timeout):
            return await psycopg.AsyncConnection.connect(
                host=host,
                port=port,
                dbname=login.database,
                user=login.user,
                password=login.password,
                autocommit=True,
                gssencmode="disable",
                application_name="e2e-run",
                target_session_attrs="read-write" if writable else "any",
            )
    except TimeoutError:
        raise NotServed(f"PostgreSQL in {backend.pod} did not answer within {timeout:g} s") from None
    except (psycopg.Error, OSError) as error:
        raise NotServed(f"PostgreSQL in {backend.pod}: {_without_tunnel(sentence(error), host, port)}") from error


def _without_tunnel(words: str, host: str, port: int) -> str:
    """The local end of the tunnel means nothing to a reader."""
    noise: Sequence[str] = (f'connection to server at "{host}", port {port} failed: ', "connection failed: ")
    for text in noise:
        words = words.replace(text, "")
    return words
