"""The command line of the embedded cluster."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import state
from .errors import LauncherError

_ABSENT = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Do what the arguments say; return the exit code: 0 done, 1 there is no such cluster, 2 usage, 3 cannot."""
    arguments = _parser().parse_args(argv)
    try:
        code: int = arguments.do(arguments)
    except LauncherError as error:
        print(f"localcluster: {error}", file=sys.stderr)
        return error.code
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="localcluster", description="A Kubernetes of this machine's own processes.")
    words = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_up(words)
    down = words.add_parser("down", help="end a cluster and leave nothing of it")
    down.add_argument("name")
    down.set_defaults(do=_down)
    status = words.add_parser("status", help="tell what clusters there are")
    status.add_argument("name", nargs="?")
    status.add_argument("--json", action="store_true")
    status.set_defaults(do=_status)
    capabilities = words.add_parser("capabilities", help="try out what this machine allows")
    capabilities.set_defaults(do=_capabilities)
    return parser


def _add_up(words: Any) -> None:
    up = words.add_parser("up", help="start a cluster, or find that it runs")
    up.add_argument("name")
    up.add_argument("--images", action="append", default=[], type=Path, metavar="DIR", help="folder of image recipes")
    up.add_argument("--api-port", type=int, default=0, metavar="N", help="default: any that is free")
    up.add_argument("--ingress-port", type=int, default=0, metavar="N", help="default: any that is free")
    up.add_argument("--wait", type=float, default=30.0, metavar="SECONDS", help="for the API server (30)")
    up.add_argument("--owner-pid", type=int, metavar="PID", help="the cluster may be reaped when this process is dead")
    up.set_defaults(do=_up)


def _up(arguments: argparse.Namespace) -> int:
    from . import up

    owner = up.owner_named(arguments.owner_pid)
    wish = up.Wish(
        name=arguments.name,
        images=arguments.images,
        api_port=arguments.api_port,
        ingress_port=arguments.ingress_port,
        wait=arguments.wait,
        owner=owner,
    )
    record, running = up.up(wish)
    if running:
        print(f"cluster {record.name} is running already")
    print(f"api {record.api}")
    print(f"ingress {record.ingress}")
    print(f"KUBECONFIG={state.folder(record.name) / 'kubeconfig'}")
    return 0


def _down(arguments: argparse.Namespace) -> int:
    from .down import down

    there = down(arguments.name)
    print(f"cluster {arguments.name} {'has ended' if there else 'does not exist'}")
    return 0


def _status(arguments: argparse.Namespace) -> int:
    from .status import status

    names = [arguments.name] if arguments.name else state.names()
    found = [told for name in names if (told := status(name))]
    if arguments.json:
        print(json.dumps(found[0] if arguments.name and found else found))
    for told in [] if arguments.json else found:
        print(*(f"{key}={value}" for key, value in told.items() if value not in ("", None)))
    return _ABSENT if arguments.name and not found else 0


def _capabilities(_arguments: argparse.Namespace) -> int:
    from .capabilities import capabilities

    print(json.dumps(capabilities()))
    return 0
