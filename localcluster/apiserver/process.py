"""The API server's process: its arguments, and the certificates made while the rest is imported."""

import argparse
import asyncio
import contextlib
import logging
import os
from asyncio.sslproto import SSLProtocol
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from localcluster.apiserver import pki

# bytes for each TLS connection; asyncio's own 256 KiB cost more than the objects of a small cluster do
_TLS_BUFFER = 16 * 1024
_NICE = -5  # only root may; others run like everybody


@dataclass(frozen=True, slots=True)
class Arguments:
    """Where to listen and where things lie; `binds` are (address, port), `dns` the address for DNS or ""."""

    state_dir: Path
    name: str = "localcluster"
    fds: tuple[int, ...] = ()
    binds: tuple[tuple[str, int], ...] = ()
    controllers: bool = True
    dns: str = ""


def main(argv: Sequence[str] | None = None) -> None:
    """Serve the Kubernetes API until SIGTERM or SIGINT."""
    arguments = _parse(argv)
    logging.basicConfig(format="%(asctime)s %(levelname).1s %(name)s: %(message)s", level=logging.INFO)
    # a real control plane has processors of its own: busy pods must not make it miss Patroni's lease renewals
    with contextlib.suppress(OSError):
        os.nice(_NICE)
    SSLProtocol.max_size = _TLS_BUFFER
    child = pki.ensure(arguments.state_dir)
    from localcluster.apiserver import service

    pki.wait(child)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(service.serve(arguments))


def _parse(argv: Sequence[str] | None) -> Arguments:
    parser = argparse.ArgumentParser(prog="python -m localcluster.apiserver", description=main.__doc__)
    parser.add_argument("--state-dir", type=Path, required=True, help="folder for certificates, tokens, kubeconfigs")
    parser.add_argument("--name", default="localcluster", help="name of cluster, user and context in the kubeconfigs")
    parser.add_argument("--fd", type=int, action="append", default=[], help="a listening socket that was inherited")
    parser.add_argument("--bind", type=_address, action="append", default=[], metavar="IP:PORT", help="listen here too")
    parser.add_argument("--dns", default="", metavar="IP", help="answer DNS on this address, port 53")
    parser.add_argument("--no-controllers", action="store_true", help="serve objects only; nothing reacts to them")
    given = parser.parse_args(argv)
    binds = tuple(given.bind) if given.bind or given.fd else (("127.0.0.1", 0),)
    return Arguments(given.state_dir, given.name, tuple(given.fd), binds, not given.no_controllers, given.dns)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not IP:PORT")
    return host, int(port)
