"""A small API server over real HTTP on loopback: what is between our client and a cluster, and nothing behind it."""

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import WSMsgType, web

from runner.targets.kubernetes import KubernetesCluster, open_context

TOKEN = "token-that-nobody-may-see"
CORE = [("Pod", "pods", True), ("ConfigMap", "configmaps", True), ("Event", "events", True), ("Node", "nodes", False)]
GROUPS = {"apps": [("Deployment", "deployments", True)], "events.k8s.io": [("Event", "events", True)]}


class Api:
    """Answers discovery by itself; everything else is what a test routes."""

    def __init__(self) -> None:
        self.app = web.Application(middlewares=[self._noted])
        self.seen: list[str] = []
        self.headers: list[str] = []
        self.aggregated = True
        self.answers: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = {}
        self.app.router.add_route("*", "/{path:.*}", self._answer)

    def on(self, call: str, answer) -> None:
        """`GET /api/v1/pods` is answered with plain data, a `web.Response`, or what a coroutine function returns."""

        async def given(_request):
            return answer if isinstance(answer, web.StreamResponse) else web.json_response(answer)

        self.answers[call] = answer if callable(answer) else given

    @web.middleware
    async def _noted(self, request, handler):
        self.seen.append(f"{request.method} {request.path_qs}")
        self.headers.append(request.headers.get("Authorization", ""))
        return await handler(request)

    async def _answer(self, request):
        found = self.answers.get(f"{request.method} {request.path}")
        if found:
            return await found(request)
        if request.path == "/version":
            return web.json_response({"gitVersion": "v1.34.0+test"})
        return self._discovery(request) or refusal(404, "NotFound", f"{request.path} not found")

    def _discovery(self, request):
        if self.aggregated and request.path in ("/api", "/apis"):
            groups = {"": CORE} if request.path == "/api" else GROUPS
            return web.json_response(
                {"kind": "APIGroupDiscoveryList", "items": [_group(*one) for one in groups.items()]}
            )
        match request.path:
            case "/api":
                return web.json_response({"kind": "APIVersions", "versions": ["v1"]})
            case "/apis":
                groups = [{"versions": [{"groupVersion": f"{name}/v1"}], "preferredVersion": {}} for name in GROUPS]
                return web.json_response({"kind": "APIGroupList", "groups": groups})
            case "/api/v1":
                return web.json_response(_resources("v1", CORE))
        group = request.path.removeprefix("/apis/").removesuffix("/v1")
        return web.json_response(_resources(f"{group}/v1", GROUPS[group])) if group in GROUPS else None


def _group(name, kinds):
    resources = [
        {"resource": plural, "responseKind": {"kind": kind}, "scope": "Namespaced" if namespaced else "Cluster"}
        for kind, plural, namespaced in kinds
    ]
    return {"metadata": {"name": name}, "versions": [{"version": "v1", "resources": resources}]}


def _resources(version, kinds):
    return {
        "groupVersion": version,
        "resources": [{"name": plural, "kind": kind, "namespaced": inside} for kind, plural, inside in kinds],
    }


def refusal(code: int, reason: str, message: str) -> web.Response:
    """An error as the API writes it."""
    return web.json_response({"kind": "Status", "code": code, "reason": reason, "message": message}, status=code)


def channels(*messages: tuple[int, bytes], protocol: str = "v5.channel.k8s.io"):
    """A WebSocket that sends these messages on these channels and ends; what it was sent is in `.received`."""

    async def answer(request):
        socket = web.WebSocketResponse(protocols=(protocol,))
        await socket.prepare(request)
        if "stdin=true" in request.query_string:
            while True:
                message = await socket.receive()
                answer.received.append(message.data)
                if message.type is not WSMsgType.BINARY or message.data == b"\xff\x00":
                    break
        for channel, data in messages:
            await socket.send_bytes(bytes([channel]) + data)
        await socket.close()
        return socket

    answer.received = []
    return answer


def forwarding(port: int):
    """Port-forward as a kubelet does it, to a real port of this machine; that nobody listens is told on channel 1."""

    async def answer(request):
        socket = web.WebSocketResponse(protocols=("v4.channel.k8s.io",))
        await socket.prepare(request)
        number = struct.pack("<H", int(request.query["ports"]))
        await socket.send_bytes(b"\x00" + number)
        await socket.send_bytes(b"\x01" + number)
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await socket.send_bytes(b"\x01error forwarding port: connection refused")
            await socket.close()
            return socket

        async def back():
            while data := await reader.read(1000):
                await socket.send_bytes(b"\x00" + data)
            await socket.close()

        task = asyncio.create_task(back())
        async for message in socket:
            writer.write(message.data[1:])
        writer.close()
        task.cancel()
        return socket

    return answer


@asynccontextmanager
async def served(api: Api, folder, *, namespace: str = "shop") -> AsyncIterator[KubernetesCluster]:
    """The API at a port of its own, and a cluster connected to it."""
    async with listening(api) as port:
        path = kubeconfig(folder, port)
        cluster = await open_context(path, None, namespace=namespace, ingress=None, capabilities=frozenset())
        try:
            yield cluster
        finally:
            await cluster.close()


@asynccontextmanager
async def listening(api: Api) -> AsyncIterator[int]:
    """Only the API; gives its port."""
    runner = web.AppRunner(api.app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def kubeconfig(folder, port: int) -> str:
    """A kubeconfig file for that port."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "clusters": [{"name": "test", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "test", "user": {"token": TOKEN}}],
    }
    path = folder / "kubeconfig"
    path.write_text(json.dumps(config))
    return str(path)


@pytest.fixture
def api() -> Api:
    """A fresh one."""
    return Api()
