"""Requests that somebody else answers: the kubelets (log, exec, attach, port-forward) and aggregated APIs (metrics)."""

import asyncio
import contextlib
from urllib.parse import urlencode

import aiohttp
from aiohttp import web
from yarl import URL

from localcluster.apiserver import errors
from localcluster.apiserver.pod_defaults import containers_of
from localcluster.apiserver.registry import Registry
from localcluster.apiserver.request_info import RequestInfo
from localcluster.apiserver.resources import BY_KEY
from localcluster.apiserver.store import field_of
from localcluster.client import ApiError, Obj

_CONNECT = 5.0  # seconds to reach a kubelet or an aggregated API
_PATHS = {"exec": "exec", "attach": "attach", "portforward": "portForward"}
_STREAM_OPTIONS = {"stdin": "input", "stdout": "output", "stderr": "error"}
_NOT_PASSED = frozenset({"transfer-encoding", "content-length", "connection", "content-encoding", "date", "server"})
_FLAGS = ("true", "1", "True")


class Relay:
    """Passes requests on, byte by byte and message by message."""

    def __init__(self, registry: Registry, kubelet_token: str) -> None:
        self._registry = registry
        self._authorization = {"Authorization": f"Bearer {kubelet_token}"}
        self._open: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close the connections."""
        if self._open is not None:
            await self._open.close()

    async def handle(self, info: RequestInfo, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request on a pod's or node's stream path; raises ApiError."""
        if info.subresource == "proxy":
            node = self._registry.get(info.resource, None, info.name)
            return await self._pass(request, f"{_kubelet_of(node.obj)}/{info.rest}", info.query, kubelet=True)
        pod = self._registry.get(info.resource, info.namespace, info.name).obj
        container = _container(pod, info)
        base = _kubelet_of(self._node_of(pod))
        where = f"{info.namespace}/{info.name}"
        if info.subresource == "log":
            query = {key: value for key, value in info.query.items() if key != "container"}
            return await self._pass(request, f"{base}/containerLogs/{where}/{container}", query, kubelet=True)
        tail = where if info.subresource == "portforward" else f"{where}/{container}"
        return await self._stream(request, f"{base}/{_PATHS[info.subresource]}/{tail}?{_stream_query(request)}")

    async def aggregated(self, group: str, version: str, request: web.BaseRequest) -> web.StreamResponse | None:
        """Answer from the Service behind an APIService; None when there is no such APIService. Raises ApiError 503."""
        name = f"{version}.{group}"
        entry = self._registry.store.get("apiservices.apiregistration.k8s.io", ("", name))
        service = entry and entry.obj["spec"].get("service")
        if not service:
            return None
        base = self.backend(service["namespace"], service["name"], service.get("port", 443))
        if base is None:
            raise _unavailable()
        return await self._pass(request, base + request.path, dict(request.query), kubelet=False)

    def backend(self, namespace: str, name: str, port: int) -> str | None:
        """Give the address of a ready endpoint of a Service port, such as `https://10.244.1.7:4443`, or None."""
        service = self._registry.store.get("services", (namespace, name))
        endpoints = self._registry.store.get("endpoints", (namespace, name))
        if service is None or endpoints is None:
            return None
        wanted = next((one for one in service.obj["spec"]["ports"] if one["port"] == port), None)
        for subset in endpoints.obj.get("subsets", ()) if wanted else ():
            for one in subset.get("ports", ()):
                if subset.get("addresses") and wanted and one.get("name", "") == wanted.get("name", ""):
                    # upstream speaks https only; appProtocol says otherwise here
                    scheme = "http" if wanted.get("appProtocol") == "http" else "https"
                    return f"{scheme}://{subset['addresses'][0]['ip']}:{one['port']}"
        return None

    def _node_of(self, pod: Obj) -> Obj:
        name = pod["spec"].get("nodeName")
        if not name:
            raise errors.bad_request(f"pod {pod['metadata']['name']} does not have a host assigned")
        return self._registry.get(BY_KEY["nodes"], None, name).obj

    async def _pass(
        self, request: web.BaseRequest, url: str, query: dict[str, str], *, kubelet: bool
    ) -> web.StreamResponse:
        body = await request.read()
        headers = {"Accept": request.headers.get("Accept", "*/*")} | (self._authorization if kubelet else {})
        try:
            async with self._session().request(
                request.method, url, params=query, data=body or None, headers=headers, ssl=False
            ) as found:
                if kubelet and found.status >= 400:
                    raise _refusal(found.status, await found.text())
                return await _copy(request, found)
        except (aiohttp.ClientConnectionError, TimeoutError, OSError) as error:
            raise _unreachable(url, error) if kubelet else _unavailable() from error

    async def _stream(self, request: web.BaseRequest, url: str) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            # kubectl comes back with SPDY when a WebSocket was refused: it shows the answer to this one
            raise await self._why(url)
        protocols = [one.strip() for one in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if one.strip()]
        try:
            there = await self._session().ws_connect(
                URL(url, encoded=True), protocols=protocols, headers=self._authorization, max_msg_size=0, compress=0
            )
        except aiohttp.WSServerHandshakeError as error:
            raise await self._why(url) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _unreachable(url, error) from error
        async with there:
            here = web.WebSocketResponse(
                protocols=[there.protocol] if there.protocol else (), max_msg_size=0, compress=False
            )
            await here.prepare(request)
            await _both_ways(here, there)
        return here

    async def _why(self, url: str) -> ApiError:
        """Ask without the upgrade, as a refused handshake does not tell the reason."""
        try:
            async with self._session().get(URL(url, encoded=True), headers=self._authorization) as found:
                return _refusal(max(found.status, 400), await found.text())
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return _unreachable(url, error)

    def _session(self) -> aiohttp.ClientSession:
        if self._open is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT)
            self._open = aiohttp.ClientSession(timeout=timeout, auto_decompress=False)
        return self._open


async def _copy(request: web.BaseRequest, found: aiohttp.ClientResponse) -> web.StreamResponse:
    headers = {key: value for key, value in found.headers.items() if key.lower() not in _NOT_PASSED}
    response = web.StreamResponse(status=found.status, headers=headers)
    response.enable_chunked_encoding()
    await response.prepare(request)
    # when the client goes in the middle, there is nobody left to tell
    with contextlib.suppress(ConnectionResetError):
        async for chunk in found.content.iter_any():
            await response.write(chunk)
        await response.write_eof()
    return response


async def _both_ways(here: web.WebSocketResponse, there: aiohttp.ClientWebSocketResponse) -> None:
    up, down = asyncio.create_task(_pump(here, there)), asyncio.create_task(_pump(there, here))
    try:
        await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (up, down):
            task.cancel()
        await asyncio.gather(up, down, return_exceptions=True)
        with contextlib.suppress(ConnectionError):
            await here.close(code=there.close_code or 1000)


Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


async def _pump(source: Socket, sink: Socket) -> None:
    async for message in source:
        if message.type is aiohttp.WSMsgType.BINARY:
            await sink.send_bytes(message.data)
        elif message.type is aiohttp.WSMsgType.TEXT:
            await sink.send_str(message.data)


def _kubelet_of(node: Obj) -> str:
    port = field_of(node, "status.daemonEndpoints.kubeletEndpoint.Port")
    if not port:
        raise ApiError(502, "BadGateway", f"node {node['metadata']['name']} has no kubelet yet")
    return f"http://127.0.0.1:{port}"


def _container(pod: Obj, info: RequestInfo) -> str:
    names = [one["name"] for one in containers_of(pod["spec"])]
    main, name = [one["name"] for one in pod["spec"]["containers"]], pod["metadata"]["name"]
    asked = info.query.get("container")
    if asked and asked not in names:
        raise errors.bad_request(f"container {asked} is not valid for pod {name}")
    if not asked and len(main) > 1 and info.subresource != "portforward":
        choices = f"choose one of: [{' '.join(main)}]"
        raise errors.bad_request(f"a container name must be specified for pod {name}, {choices}")
    return str(asked or main[0])


def _refusal(status: int, text: str) -> ApiError:
    return ApiError(status, errors.REASONS.get(status, "Unknown"), text.strip())


def _stream_query(request: web.BaseRequest) -> str:
    pairs = []
    for key, value in request.query.items():
        name = _STREAM_OPTIONS.get(key, key)
        if name == "container":
            continue
        pairs.append((name, "1" if name != "command" and value in _FLAGS else value))
    return urlencode(pairs)


def _unreachable(url: str, error: BaseException) -> ApiError:
    return ApiError(502, "BadGateway", f"error dialing the kubelet at {url.partition('?')[0]}: {error or repr(error)}")


def _unavailable() -> ApiError:
    return ApiError(503, "ServiceUnavailable", "the server is currently unable to handle the request")
