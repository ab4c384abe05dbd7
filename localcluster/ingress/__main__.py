"""Run it in a pod: `python -m localcluster.ingress`."""

import argparse
import asyncio
import logging
import signal
from pathlib import Path
from tempfile import TemporaryDirectory

from localcluster.ingress import account
from localcluster.ingress.nginx import Nginx
from localcluster.ingress.watcher import Watcher

_FRESH = 1500.0  # seconds after which the client is made anew: service account tokens end after an hour


def main() -> None:
    """Keep nginx routing until SIGTERM, then let open requests finish."""
    parser = argparse.ArgumentParser(prog="python -m localcluster.ingress", description=main.__doc__)
    parser.add_argument("--port", type=int, default=80)
    parser.add_argument("--health-port", type=int, default=10254)
    parser.add_argument("--nginx", default="nginx", help="the program")
    parser.add_argument(
        "--publish-service", default="", metavar="NAMESPACE/NAME", help="whose address Ingresses report"
    )
    given = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname).1s %(message)s", level=logging.INFO)
    with TemporaryDirectory(prefix="ingress-") as folder:
        asyncio.run(_serve(given, Path(folder)))


async def _serve(given: argparse.Namespace, folder: Path) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    nginx = Nginx(given.nginx, folder, given.port, given.health_port)
    work = asyncio.create_task(_watch(given, folder, nginx))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait((work, stopped), return_when=asyncio.FIRST_COMPLETED)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    await nginx.quit()
    if not stop.is_set():
        work.result()


async def _watch(given: argparse.Namespace, folder: Path, nginx: Nginx) -> None:
    while True:
        async with account.client(folder) as client:
            try:
                async with asyncio.timeout(_FRESH):
                    await Watcher(client, nginx, given.publish_service).run()
            except TimeoutError:
                continue


if __name__ == "__main__":
    main()
