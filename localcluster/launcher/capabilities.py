"""Tries out what this machine allows."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from localcluster.network import nft, node

from . import isolation
from .errors import LauncherError


def capabilities() -> dict[str, Any]:
    """Try each thing in a child process; tell what worked, and what a cluster here would lack."""
    namespaces = _refusal(isolation.isolate)
    return {
        "root": os.geteuid() == 0,
        "namespaces": not namespaces,
        "proc": not namespaces and not _refusal(_mount_proc),
        "nft": not namespaces and not _refusal(_make_table),
        "refused": namespaces,
        "lacks": sorted(lacks()),
    }


def lacks() -> frozenset[str]:
    """Tell what a cluster in namespaces lacks here: CPU shares are not enforced."""
    return frozenset({"cpu-limits"})


def _mount_proc() -> None:
    isolation.isolate()
    child = os.fork()
    if not child:
        try:
            isolation.renew_proc()
        except BaseException:  # noqa: BLE001 - a forked child must end here
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise LauncherError("/proc cannot be mounted")


def _make_table() -> None:
    isolation.isolate()
    node.set_up()
    nft.probe()


def _refusal(attempt: Callable[[], None]) -> str:
    """Attempt something that changes a process for good; give the reason if it was refused."""
    told, tell = os.pipe()
    child = os.fork()
    if not child:
        reason = ""
        try:
            attempt()
        except BaseException as error:  # noqa: BLE001 - a forked child must end here
            reason = str(error) or repr(error)
        os.write(tell, reason.encode())
        os._exit(0)
    os.close(tell)
    with os.fdopen(told, encoding="utf-8") as report:
        reason = report.read()
    os.waitpid(child, 0)
    return reason
