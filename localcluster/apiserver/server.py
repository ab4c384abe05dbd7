"""The HTTP face: who asks, for what, and who answers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from localcluster.apiserver import discovery, errors, openapi, openapi_v2, request_info
from localcluster.apiserver.negotiation import answer, wanted_form
from localcluster.apiserver.registry import Registry
from localcluster.apiserver.relay import Relay
from localcluster.apiserver.tokens import Tokens, User, unauthorized
from localcluster.apiserver.verbs import Verbs
from localcluster.client import ApiError, Obj

log = logging.getLogger(__name__)
VERSION = "v1.34.0+embedded"
LARGEST_BODY = 3 * 1024 * 1024  # bytes; upstream's limit
# known without a token, as upstream's system:public-info-viewer allows
_PUBLIC = ("/version", "/healthz", "/livez", "/readyz")
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


def make_server(registry: Registry, tokens: Tokens, relay: Relay) -> web.Server:
    """Give the server, ready for a runner."""
    handler = _handler(registry, tokens, relay)
    # a watch or a stream whose client has gone must end, though nothing happens that it could not write
    return web.Server(handler, request_factory=_request, handler_cancellation=True, access_log=None)


def _request(message: Any, payload: Any, protocol: Any, writer: Any, task: Any) -> web.BaseRequest:
    loop = asyncio.get_running_loop()
    return web.BaseRequest(message, payload, protocol, writer, task, loop, client_max_size=LARGEST_BODY)


def _handler(registry: Registry, tokens: Tokens, relay: Relay) -> Handler:
    verbs = Verbs(registry, tokens, relay)

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await _route(request, verbs, relay, tokens)
        except ApiError as error:
            return _refuse(error)
        except (asyncio.CancelledError, ConnectionError):
            raise
        except Exception:
            log.exception("%s %s", request.method, request.path_qs)
            return _refuse(ApiError(500, "InternalError", "an internal error; the API server's log has the trace"))

    return handle


def _refuse(error: ApiError) -> web.Response:
    return answer(errors.status_of(error), error.code)


async def _route(request: web.BaseRequest, verbs: Verbs, relay: Relay, tokens: Tokens) -> web.StreamResponse:
    path = request.path.rstrip("/")
    if path.startswith(_PUBLIC):
        return _public(path)
    user = _authenticate(request, tokens)
    found = request_info.split_group(path)
    if found is None:
        return await _describe(path, request, relay)
    group, version, parts = found
    if (group, version) not in discovery.group_versions():
        answered = await relay.aggregated(group, version, request)
        if answered is None:
            raise errors.no_such_resource()
        return answered
    info = request_info.read(group, version, parts, dict(request.query))
    return await verbs.handle(info, request, user)


def _authenticate(request: web.BaseRequest, tokens: Tokens) -> User:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise unauthorized()
    return tokens.user_of(token.strip())


def _public(path: str) -> web.Response:
    if path == "/version":
        major, minor = VERSION.removeprefix("v").split(".")[:2]
        body: Obj = {"major": major, "minor": minor, "gitVersion": VERSION, "gitCommit": "", "gitTreeState": "clean"}
        body |= {"buildDate": "1970-01-01T00:00:00Z", "goVersion": "none", "compiler": "cpython", "platform": "linux"}
        return answer(body | {"emulationMajor": major, "emulationMinor": minor})
    if path.split("/")[1] not in ("healthz", "livez", "readyz"):
        raise errors.no_such_resource()
    return web.Response(text="ok")


async def _describe(path: str, request: web.BaseRequest, relay: Relay) -> web.StreamResponse:
    metrics = relay.backend("kube-system", "metrics-server", 443) is not None
    if path in ("/api", "/apis"):
        return _roots(path, request, metrics=metrics)
    if path.startswith("/openapi/v3"):
        return await _openapi(path.removeprefix("/openapi/v3").strip("/"))
    if path == "/openapi/v2":
        text, form = openapi_v2.document(request.headers.get("Accept", ""))
        return web.Response(body=text, headers={"Content-Type": form})
    parts = path.strip("/").split("/")
    body = None
    if path == "/api/v1":
        body = discovery.resources("", "v1", metrics=metrics)
    elif parts[0] == "apis" and len(parts) == 2:
        body = discovery.group(parts[1], metrics=metrics)
    elif parts[0] == "apis" and len(parts) == 3:
        body = discovery.resources(parts[1], parts[2], metrics=metrics)
    elif not parts[0]:
        body = {"paths": ["/api", "/apis", "/healthz", "/livez", "/openapi/v2", "/openapi/v3", "/readyz", "/version"]}
    if body is None:
        raise errors.no_such_resource()
    return answer(body)


def _roots(path: str, request: web.BaseRequest, *, metrics: bool) -> web.Response:
    form = wanted_form(request.headers.get("Accept", ""))
    if form == "APIGroupDiscoveryList":
        response = answer(discovery.aggregated(core=path == "/api", metrics=metrics))
        response.headers["Content-Type"] = discovery.AGGREGATED_TYPE
        return response
    if path == "/api":
        return answer(discovery.core_versions(request.host))
    return answer(discovery.groups(metrics=metrics))


async def _openapi(rest: str) -> web.Response:
    if not rest:
        return answer(openapi.index(VERSION))
    parts = rest.split("/")
    group, version = ("", parts[-1]) if parts[0] == "api" else (parts[1], parts[-1]) if len(parts) == 3 else ("-", "-")
    text = await asyncio.to_thread(openapi.document, group, version)
    if text is None:
        raise errors.no_such_resource()
    return answer(text, headers={"Cache-Control": "public, max-age=86400, immutable"})
