"""Everything that lives in the API process: the server on its sockets, the controllers, DNS."""

import asyncio
import contextlib
import gc
import logging
import signal
import socket
import ssl
from collections.abc import Coroutine, Sequence
from typing import Any

from aiohttp import web

from localcluster.apiserver import availability, kubeconfig, pki, retention, schema
from localcluster.apiserver.bootstrap import bootstrap
from localcluster.apiserver.local import LocalClient
from localcluster.apiserver.process import Arguments
from localcluster.apiserver.registry import Registry
from localcluster.apiserver.relay import Relay
from localcluster.apiserver.resources import RESOURCES
from localcluster.apiserver.server import make_server
from localcluster.apiserver.services import KUBERNETES
from localcluster.apiserver.tokens import Tokens
from localcluster.client import HttpClient

log = logging.getLogger(__name__)
_BACKLOG = 256
_DNS_PORT = 53
_GOODBYE = 0.2  # seconds for open requests when the process ends; watches never end by themselves


async def serve(arguments: Arguments) -> None:
    """Serve until SIGTERM or SIGINT, or until the controllers or DNS fail."""
    files = pki.Files(arguments.state_dir)
    registry = Registry()
    relay = Relay(registry, files.kubelet_token.read_text().strip())
    runner = await _start(arguments, files, registry, relay)
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    try:
        await _run(arguments, registry, stopped)
    finally:
        await relay.close()
        await runner.cleanup()


async def _start(arguments: Arguments, files: pki.Files, registry: Registry, relay: Relay) -> web.ServerRunner:
    sockets = _sockets(arguments)
    inside = next((one for one in sockets if one.getsockname()[0] == KUBERNETES), sockets[0])
    address, port = inside.getsockname()[:2]
    bootstrap(registry, files.authority.read_text(), endpoint=address, port=port)
    admin, kubelet = files.admin_token.read_text().strip(), files.kubelet_token.read_text().strip()
    tokens = Tokens(registry.store, admin=admin, kubelet=kubelet, secret=files.signing_key.read_bytes())
    runner = web.ServerRunner(make_server(registry, tokens, relay), shutdown_timeout=_GOODBYE)
    await runner.setup()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(files.certificate, files.key)
    for one in sockets:
        await web.SockSite(runner, one, ssl_context=tls, backlog=_BACKLOG).start()
        log.info("serving on https://%s:%d", *one.getsockname()[:2])
    _write_kubeconfigs(arguments, files, sockets[0], inside)
    return runner


def _sockets(arguments: Arguments) -> list[socket.socket]:
    found = [socket.socket(fileno=fd) for fd in arguments.fds]
    for address in arguments.binds:
        found.append(socket.create_server(address, backlog=_BACKLOG))
    for one in found:
        one.setblocking(False)
    return found


def _write_kubeconfigs(arguments: Arguments, files: pki.Files, outside: socket.socket, inside: socket.socket) -> None:
    for file, where, token in (
        ("kubelet-kubeconfig", inside, files.kubelet_token),
        # last: who waits for this file may use the server
        ("kubeconfig", outside, files.admin_token),
    ):
        host, port = where.getsockname()[:2]
        kubeconfig.write(
            arguments.state_dir / file,
            name=arguments.name,
            server=f"https://{host}:{port}",
            authority=files.authority,
            token=token.read_text().strip(),
        )


async def _run(arguments: Arguments, registry: Registry, stopped: asyncio.Event) -> None:
    client = LocalClient(registry)
    work: list[Coroutine[Any, Any, Any]] = [
        stopped.wait(),
        _warm(),
        availability.run(client),
        retention.run(registry.store),
    ]
    if arguments.controllers:
        from localcluster import controllers

        # metrics.k8s.io is aggregated: it is reached through the server only
        metrics = HttpClient(arguments.state_dir / "kubelet-kubeconfig")
        work.append(controllers.run(client, volumes=arguments.state_dir / "volumes", metrics=metrics))
    if arguments.dns:
        from localcluster import dns

        work.append(dns.serve(client, arguments.dns, _DNS_PORT))
    tasks = [asyncio.ensure_future(one) for one in work]
    # what was made until now stays: no need to look through it again and again
    gc.freeze()
    try:
        await _first_end(tasks, stopped)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _first_end(tasks: Sequence[asyncio.Future[Any]], stopped: asyncio.Event) -> None:
    """Wait for the signal; a task that fails before ends the process with its error."""
    waiting = set(tasks)
    while waiting and not stopped.is_set():
        done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


async def _warm() -> None:
    """Read the types that the first requests need, one in a turn, so that nobody waits long."""
    for resource in RESOURCES:
        for name in (resource.schema, f"{resource.schema}Spec"):
            with contextlib.suppress(KeyError):
                schema.fields(name)
        await asyncio.sleep(0)
