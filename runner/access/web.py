"""One HTTP request and its answer, by the ingress or to any address."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from runner.access.not_served import NotServed
from runner.core.errors import Refused

if TYPE_CHECKING:
    import aiohttp

    from runner.core.target import Cluster


class WebAnswer(BaseModel):
    """What came back."""

    url: str
    pod: str = ""
    """The pod that was asked, or that asked; empty by the ingress."""
    status: int
    text: str
    headers: dict[str, str]
    """Names in lower case; of several with one name the last."""
    data: Any = None
    """The body read as JSON; None when it is none."""
    seconds: float
    """From sending to the end of the body."""


@dataclass(frozen=True)
class WebRequest:
    """What is asked."""

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    """A text as it is; a mapping or a list as JSON; None: no body."""

    def encoded(self) -> tuple[bytes | None, dict[str, str]]:
        """The body and all headers."""
        if self.body is None:
            return None, dict(self.headers)
        if isinstance(self.body, str):
            return self.body.encode(), dict(self.headers)
        return json.dumps(self.body).encode(), {"Content-Type": "application/json", **self.headers}


def by_ingress(cluster: Cluster, url: str) -> str:
    """A path at the target's ingress; a full address as it is.

    Raises:
        Refused: the target has no ingress address.

    """
    if "://" in url:
        return url
    if not cluster.ingress:
        raise Refused(f"{url} is a path, and the inventory names no `ingress` address for this target")
    return f"{cluster.ingress.rstrip('/')}/{url.lstrip('/')}"


def with_host(headers: Mapping[str, str], host: str) -> dict[str, str]:
    """The headers, with a Host of its own when one is given."""
    return {**headers, "Host": host} if host else dict(headers)


@asynccontextmanager
async def browser(*, timeout: float, verify_tls: bool = True) -> AsyncIterator[aiohttp.ClientSession]:
    """A session without cookies, redirects and limits of its own; `timeout` in seconds for a whole request."""
    import aiohttp

    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=verify_tls),
        timeout=aiohttp.ClientTimeout(total=timeout),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=True,
    ) as session:
        yield session


async def fetch(session: aiohttp.ClientSession, request: WebRequest, *, timeout: float) -> WebAnswer:
    """Ask once; a redirect is an answer, not followed. `timeout` in seconds, for connecting to the end of the body.

    Raises:
        NotServed: no connection, no answer in time, or an answer that is no HTTP.

    """
    import aiohttp

    loop = asyncio.get_running_loop()
    start = loop.time()
    body, headers = request.encoded()
    try:
        async with session.request(
            request.method,
            request.url,
            data=body,
            headers=headers,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=timeout),
        ) as answer:
            content = await answer.read()
            text = content.decode(answer.get_encoding() or "utf-8", errors="replace")
            found = {name.lower(): value for name, value in answer.headers.items()}
            status = answer.status
    except TimeoutError:
        raise NotServed(f"no answer within {timeout:g} s") from None
    except aiohttp.InvalidURL as error:
        raise Refused(f"{request.url} is no address") from error
    except (aiohttp.ClientError, OSError) as error:
        raise NotServed(" ".join(str(error).split()) or type(error).__name__) from error
    seconds = round(loop.time() - start, 4)
    return WebAnswer(url=request.url, status=status, text=text, headers=found, data=as_json(text), seconds=seconds)


def as_json(text: str) -> Any:
    """The text read as JSON, None when it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None
