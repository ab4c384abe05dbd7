"""The HTTP server of a node: logs, exec, attach, port-forward, statistics."""

from __future__ import annotations

import errno
import hmac
import logging
from typing import TYPE_CHECKING, Protocol

from aiohttp import web

from localcluster.kubelet import channels, port_forward, spdy_tunnel
from localcluster.kubelet.exec_stream import Asked, attach, run_command
from localcluster.kubelet.log_options import LogOptions
from localcluster.kubelet.log_stream import stream_log
from localcluster.kubelet.summary import summary
from localcluster.kubelet.usage_meter import UsageMeter

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from localcluster.kubelet.container_worker import ContainerWorker
    from localcluster.kubelet.context import NodeContext
    from localcluster.kubelet.instance import Instance
    from localcluster.kubelet.pod_worker import PodWorker
    from localcluster.sandbox.runtime import Container

log = logging.getLogger(__name__)
_HOST = "127.0.0.1"
_LAST_ANSWERS = 0.1  # seconds that open requests get when the server stops


class Pods(Protocol):
    """The pods of a node."""

    @property
    def context(self) -> NodeContext:
        """The node."""
        ...

    @property
    def workers(self) -> Mapping[str, PodWorker]:
        """All of them, by uid."""
        ...

    def worker(self, namespace: str, name: str) -> PodWorker | None:
        """Find one by name."""
        ...


class NodeServer:
    """Serves one node while its kubelet works; requests need the bearer token."""

    def __init__(self, pods: Pods, port: int, token: str) -> None:
        self.port = port
        self._pods = pods
        self._token = token
        self._meter = UsageMeter(self._running)
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen; on a free port if the wanted one is taken."""
        if self._runner is not None:
            return
        app = web.Application(middlewares=[self._check_token])
        app.add_routes(
            [
                web.get("/healthz", self._healthz),
                web.get("/stats/summary", self._summary),
                web.get("/runningpods/", self._running_pods),
                web.get("/containerLogs/{namespace}/{pod}/{container}", self._logs),
                web.get("/exec/{namespace}/{pod}/{container}", self._exec),
                web.get("/attach/{namespace}/{pod}/{container}", self._attach),
                web.get("/portForward/{namespace}/{pod}", self._forward),
            ]
        )
        # cancellation: who follows a silent log and leaves would never be noticed otherwise
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_LAST_ANSWERS, handler_cancellation=True)
        await self._runner.setup()
        await self._listen(self._runner)

    async def stop(self) -> None:
        """Close all connections; nobody answers then, as when a kubelet is gone."""
        self._meter.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _listen(self, runner: web.AppRunner) -> None:
        try:
            await web.TCPSite(runner, _HOST, self.port).start()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            await web.TCPSite(runner, _HOST, 0).start()
            self.port = runner.addresses[0][1]

    @web.middleware
    async def _check_token(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._token.encode()):
            raise web.HTTPUnauthorized(text="Unauthorized")
        return await handler(request)

    async def _healthz(self, _: web.Request) -> web.Response:
        return web.Response(text="ok")

    async def _summary(self, _: web.Request) -> web.Response:
        samples = await self._meter.read()
        return web.json_response(summary(self._pods.context.name, self._pods.workers.values(), samples))

    async def _running_pods(self, _: web.Request) -> web.Response:
        """Pods of which a container's process runs now, whatever the API says of them: what a drill can believe."""
        alive = [pod for pod in self._pods.workers.values() if any(w.instance for w in (*pod.init, *pod.main))]
        metas = [pod.context.pod["metadata"] for pod in alive]
        items = [{"metadata": {key: meta[key] for key in ("name", "namespace", "uid")}} for meta in metas]
        return web.json_response({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": items})

    async def _logs(self, request: web.Request) -> web.StreamResponse:
        worker = self._container(request)
        try:
            options = LogOptions.read(request.query)
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from error
        files = worker.log_files(previous=options.previous)
        if files is None:
            raise web.HTTPBadRequest(text=_no_log(request, worker, options))
        ended = None if options.previous or worker.instance is None else worker.instance.exit
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await response.prepare(request)
        try:
            async for data in stream_log(files.log, options, ended):
                await response.write(data)
        except ConnectionError:
            log.debug("a reader of %s left", files.log)
        return response

    async def _exec(self, request: web.Request) -> web.StreamResponse:
        instance = self._instance(request)
        asked = _asked(request)
        socket = await _accept(request, channels.PROTOCOLS)
        await run_command(socket, instance.container, asked)
        return socket

    async def _attach(self, request: web.Request) -> web.StreamResponse:
        worker, instance = self._container(request), self._instance(request)
        files = worker.log_files()
        assert files is not None, "what runs has a log"
        socket = await _accept(request, channels.PROTOCOLS)
        await attach(socket, instance, files.log, _asked(request))
        return socket

    async def _forward(self, request: web.Request) -> web.StreamResponse:
        pod = self._pod(request)
        sandbox = pod.context.sandbox
        if sandbox is None:
            raise web.HTTPBadRequest(text=f"pod {request.match_info['pod']} is not running")
        ports = [
            int(port) for given in request.query.getall("ports", []) for port in given.split(",") if port.isdigit()
        ]
        socket = await _accept(request, (spdy_tunnel.PROTOCOL, port_forward.PROTOCOL))
        if socket.ws_protocol == spdy_tunnel.PROTOCOL:
            await spdy_tunnel.SpdyTunnel(socket, sandbox.connect).run()
        else:
            await port_forward.forward_ports(socket, ports, sandbox.connect)
        return socket

    def _pod(self, request: web.Request) -> PodWorker:
        namespace, name = request.match_info["namespace"], request.match_info["pod"]
        pod = self._pods.worker(namespace, name)
        if pod is None:
            raise web.HTTPNotFound(text=f'pod "{name}" in namespace "{namespace}" does not run on this node')
        return pod

    def _container(self, request: web.Request) -> ContainerWorker:
        name = request.match_info["container"]
        worker = self._pod(request).container(name)
        if worker is None:
            raise web.HTTPNotFound(text=f'container "{name}" is not in pod "{request.match_info["pod"]}"')
        return worker

    def _instance(self, request: web.Request) -> Instance:
        instance = self._container(request).instance
        if instance is None:
            name = request.match_info["container"]
            raise web.HTTPBadRequest(text=f'container "{name}" does not run, cannot exec or attach')
        return instance

    def _running(self) -> list[Container]:
        workers = [w for pod in self._pods.workers.values() for w in (*pod.init, *pod.main)]
        return [worker.instance.container for worker in workers if worker.instance is not None]


async def _accept(request: web.Request, protocols: tuple[str, ...]) -> web.WebSocketResponse:
    """Upgrade to a WebSocket, if the client speaks one of the protocols."""
    offered = [word.strip() for word in request.headers.get("Sec-WebSocket-Protocol", "").split(",")]
    if not set(offered) & set(protocols):
        raise web.HTTPBadRequest(text=f"a WebSocket with one of {', '.join(protocols)} is needed")
    socket = web.WebSocketResponse(protocols=protocols, compress=False, max_msg_size=0)
    await socket.prepare(request)
    return socket


def _asked(request: web.Request) -> Asked:
    on = {key for key in ("input", "stdin", "tty") if request.query.get(key, "").lower() in ("1", "true")}
    return Asked(request.query.getall("command", []), bool(on & {"input", "stdin"}), "tty" in on)


def _no_log(request: web.Request, worker: ContainerWorker, options: LogOptions) -> str:
    where = f'container "{request.match_info["container"]}" in pod "{request.match_info["pod"]}"'
    if options.previous:
        return f"previous terminated {where} not found"
    return f"{where} is waiting to start: {worker.state.why or worker.state.waiting}"
