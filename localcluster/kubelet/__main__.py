"""`python -m localcluster.kubelet`: run the virtual nodes until SIGTERM."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib
import logging
import signal
from asyncio.sslproto import SSLProtocol
from pathlib import Path
from typing import TYPE_CHECKING

from localcluster.client import HttpClient
from localcluster.kubelet.context import Machine
from localcluster.kubelet.events import Recorder
from localcluster.kubelet.images import Images
from localcluster.kubelet.kubelet import Kubelet
from localcluster.kubelet.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from localcluster.client import Client
    from localcluster.sandbox.runtime import Runtime

log = logging.getLogger("localcluster.kubelet")
# bytes for each TLS connection; asyncio's own 256 KiB make 12 MB of the 45 connections of a busy start
_TLS_BUFFER = 16 * 1024
_PATIENCE = 30.0  # seconds for the API server to start
_GRACE = 1.0  # seconds for the pods at our own end: their volumes go with the cluster


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m localcluster.kubelet", description=__doc__)
    parser.add_argument("--state-dir", type=Path, required=True, help="the cluster's folder")
    parser.add_argument("--kubeconfig", type=Path, required=True, help="how to reach the API server")
    parser.add_argument("--images", type=Path, action="append", default=[], help="folder of recipes; repeatable")
    parser.add_argument("--nodes", type=int, default=3, help="number of virtual nodes")
    given = parser.parse_args()
    SSLProtocol.max_size = _TLS_BUFFER
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(_serve(given))


async def _serve(given: argparse.Namespace) -> None:
    token = given.state_dir / "kubelet-token"
    runtime = await _runtime(given.state_dir)
    await _wait_for_files(given.kubeconfig, token)
    async with HttpClient(given.kubeconfig) as client:
        machine = Machine(
            client=client,
            runtime=runtime,
            images=Images(given.images),
            sources=Sources(client),
            recorder=Recorder(client),
            state=given.state_dir.resolve(),
        )
        kubelet = Kubelet(machine, given.nodes, token.read_text().strip())
        try:
            await _until_signal(kubelet.run(), _agent(client))
        finally:
            await kubelet.close(_GRACE)
            await runtime.close()


async def _until_signal(*work: Coroutine[None, None, None]) -> None:
    """Run until SIGTERM or SIGINT, or until one part fails."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    stopped = asyncio.create_task(stop.wait())
    tasks = [asyncio.create_task(part) for part in work]
    await asyncio.wait({stopped, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        if task.done():
            task.result()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _wait_for_files(*files: Path) -> None:
    """The API server writes them at its start, and is started together with us."""
    async with asyncio.timeout(_PATIENCE):
        while not all(file.exists() for file in files):  # noqa: ASYNC110 - another process makes them
            await asyncio.sleep(0.02)


async def _runtime(state: Path) -> Runtime:
    from localcluster.sandbox.namespaces import NamespaceRuntime

    return await NamespaceRuntime.start(state)


async def _agent(client: Client) -> None:
    agent = importlib.import_module("localcluster.network.agent")
    await agent.run(client)


if __name__ == "__main__":
    main()
