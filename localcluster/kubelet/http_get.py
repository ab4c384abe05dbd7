"""HTTP GET of a probe or hook: a status code, at the price of one connection."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

_BODY = 10 * 1024  # bytes read, so that the server can finish its answer in peace
_PATIENCE = 0.1  # seconds to wait for the body: the status code is what counts
_REDIRECTS = 10


@dataclass(frozen=True)
class Request:
    """Where to ask."""

    scheme: str
    host: str
    port: int
    path: str
    headers: Sequence[tuple[str, str]] = ()

    @property
    def url(self) -> str:
        """Write it as a URL."""
        return f"{self.scheme}://{self.host}:{self.port}{self.path}"


async def http_get(request: Request) -> int:
    """Give the status code; redirects on the same host are followed.

    Raises:
        OSError: nobody answers.
        ValueError: the answer is no HTTP.

    """
    code = 0
    for _ in range(_REDIRECTS):
        code, location = await _once(request)
        target = urlsplit(urljoin(request.url, location)) if location else None
        if not 300 <= code < 400 or target is None or target.hostname != request.host:
            return code
        path = target.path + (f"?{target.query}" if target.query else "")
        port = target.port or (443 if target.scheme == "https" else 80)
        request = replace(request, scheme=target.scheme, port=port, path=path or "/")
    return code


async def _once(request: Request) -> tuple[int, str]:
    reader, writer = await asyncio.open_connection(request.host, request.port, ssl=_tls(request.scheme))
    try:
        writer.write(_text(request))
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        await _leave_politely(reader)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise ValueError("malformed HTTP response") from error
    finally:
        writer.close()
    return _parse(head.decode("latin-1"))


async def _leave_politely(reader: asyncio.StreamReader) -> None:
    """Let the server finish its answer, unless it keeps the connection open all the same."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            await reader.read(_BODY)


def _text(request: Request) -> bytes:
    given = {name.lower() for name, _ in request.headers}
    usual = [("Host", f"{request.host}:{request.port}"), ("User-Agent", "kube-probe/1.34"), ("Accept", "*/*")]
    lines = [f"GET {request.path} HTTP/1.1", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in usual if name.lower() not in given]
    lines += [f"{name}: {value}" for name, value in request.headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def _parse(head: str) -> tuple[int, str]:
    first, *lines = head.split("\r\n")
    parts = first.split(" ", 2)
    if len(parts) < 2 or not parts[0].startswith("HTTP/") or not parts[1].isdigit():
        raise ValueError(f"malformed HTTP response {first[:80]!r}")
    headers = (line.partition(":") for line in lines)
    return int(parts[1]), next((value.strip() for name, _, value in headers if name.lower() == "location"), "")


def _tls(scheme: str) -> ssl.SSLContext | None:
    if scheme != "https":
        return None
    context = ssl.create_default_context()  # as upstream, the certificate is not checked
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
