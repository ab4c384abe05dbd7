"""Requests to one API server, with the address and the credentials of a kubeconfig."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from runner.core.errors import Unreachable
from runner.core.target import ApiRefused

if TYPE_CHECKING:
    import aiohttp

# A single call may take this long (seconds); the contract of `core.target.Cluster`.
LIMIT = 10.0
# An API server that is there accepts the connection at once, also over a slow line.
_CONNECT_LIMIT = 5.0
_LOOPBACK = ("127.", "localhost", "::1")


@dataclass(frozen=True)
class Answer:
    """An answer with a status below 400."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as plain data."""
        return json.loads(self.body)


class Session:
    """Connections to one API server. Nothing that it raises holds credentials."""

    def __init__(self, api: Any) -> None:
        """Take host, certificates and token from a `kubernetes.aio` ApiClient; call inside a running loop."""
        import aiohttp

        self._api = api
        self._host: str = api.configuration.host.rstrip("/")
        self.address = urlsplit(self._host).netloc
        connector = aiohttp.TCPConnector(ssl=api.rest_client.ssl_context, limit=0)
        # kubectl never asks a proxy for loopback; aiohttp would, if the environment names one.
        trust_env = not self.address.lstrip("[").startswith(_LOOPBACK)
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_LIMIT)
        self._http = aiohttp.ClientSession(
            connector=connector, trust_env=trust_env, timeout=timeout, auto_decompress=True
        )
        proxy = api.configuration.proxy
        self._extra: dict[str, Any] = {"proxy": proxy} if proxy else {}
        if api.configuration.tls_server_name:
            self._extra["server_hostname"] = api.configuration.tls_server_name

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Answer:
        """One request and its whole answer.

        Raises:
            Unreachable: no answer within 10 s, or no connection.
            ApiRefused: the answer's status is 400 or above.

        """
        data = None if body is None else json.dumps(body).encode()
        headers = {"Accept": accept, **({"Content-Type": content_type} if data is not None else {})}
        try:
            async with (
                asyncio.timeout(LIMIT),
                self._http.request(
                    method,
                    self._url(path, query),
                    data=data,
                    headers=await self._signed(headers),
                    allow_redirects=False,
                    **self._extra,
                ) as response,
            ):
                answer = Answer(response.status, response.headers, await response.read())
        except Exception as error:
            raise self._translated(error) from error
        _check(answer)
        return answer

    async def lines(self, path: str, query: Mapping[str, str], *, silence: float) -> AsyncIterator[bytes]:
        """The lines of an endless answer (a watch); ends when the server ends it or is silent for `silence` seconds."""
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_LIMIT, sock_read=silence)
        try:
            async with self._http.get(
                self._url(path, query), headers=await self._signed({}), timeout=timeout, **self._extra
            ) as response:
                if response.status >= 300:
                    _check(Answer(response.status, response.headers, await response.read()))
                rest = b""
                async for chunk in response.content.iter_any():
                    *whole, rest = (rest + chunk).split(b"\n")
                    for line in whole:
                        yield line
        except (ApiRefused, GeneratorExit):
            raise
        except Exception as error:
            raise self._translated(error) from error

    @asynccontextmanager
    async def websocket(
        self, path: str, query: list[tuple[str, str]], protocols: tuple[str, ...]
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """An open WebSocket (exec, port-forward). Raises as `request` does."""
        import aiohttp

        try:
            async with asyncio.timeout(LIMIT):
                socket = await self._http.ws_connect(
                    self._url(path, query),
                    headers=await self._signed({}),
                    protocols=protocols,
                    max_msg_size=0,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                    **{key: value for key, value in self._extra.items() if key == "proxy"},
                )
        except aiohttp.WSServerHandshakeError as error:
            raise ApiRefused(error.status, "Handshake", f"the API answered {error.status} to {path}") from error
        except Exception as error:
            raise self._translated(error) from error
        try:
            yield socket
        finally:
            await socket.close()

    async def close(self) -> None:
        """Close all connections."""
        await self._http.close()
        await self._api.close()

    def _url(self, path: str, query: Mapping[str, str] | list[tuple[str, str]] | None) -> Any:
        from yarl import URL

        text = urlencode(query) if query else ""
        # encoded=True: selectors hold characters that must stay as they were escaped
        return URL(f"{self._host}{path}{'?' + text if text else ''}", encoded=True)

    async def _signed(self, headers: dict[str, str]) -> dict[str, str]:
        await self._api.update_params_for_auth(headers, [], ["BearerToken"], None, None, None)
        return headers

    def _translated(self, error: Exception) -> Exception:
        """What the caller can answer: no certificate text, no header and no token comes through here."""
        if isinstance(error, ApiRefused | Unreachable):
            return error
        return Unreachable(f"the Kubernetes API at {self.address} does not answer: {_why(error)}")


def server_time(answer: Answer) -> float:
    """The server's clock when it answered, UTC seconds; 0.0 when it does not say."""
    date = answer.headers.get("Date")
    return parsedate_to_datetime(date).timestamp() if date else 0.0


def _why(error: Exception) -> str:
    import aiohttp

    match error:
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return "its certificate is not trusted"
        case aiohttp.ClientConnectorDNSError():
            return "its name does not resolve"
        case TimeoutError():
            return f"nothing came within {LIMIT:g} s"
        case aiohttp.ClientConnectorError():
            return os.strerror(error.os_error.errno).lower() if error.os_error.errno else "no connection"
        case aiohttp.ClientError() | OSError():
            return "the connection broke off"
        case _:
            return type(error).__name__


def _check(answer: Answer) -> None:
    if answer.status >= 300:  # the API never redirects: whatever does is not the API
        raise _refusal(answer)


def _refusal(answer: Answer) -> ApiRefused:
    try:
        status = answer.json()
    except ValueError:
        status = None
    if not isinstance(status, dict) or status.get("kind") != "Status":
        return ApiRefused(answer.status, "", answer.body[:200].decode(errors="replace").strip())
    return ApiRefused(answer.status, str(status.get("reason") or ""), str(status.get("message") or ""))
