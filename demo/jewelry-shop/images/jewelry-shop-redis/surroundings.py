"""Where the other Redis and the Sentinels are, and what they say now."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from resp import Reply, ask, fields
from roles import Peer

REDIS_PORT = 6379
SENTINEL_PORT = 26379
ROUND_SECONDS = 0.5
SECTIONS = ("replication", "keyspace", "server")

MASTER_NAME = os.environ.get("SENTINEL_MASTER", "mymaster")
NAMESPACE = os.environ.get("POD_NAMESPACE", "default")
REPLICAS = int(os.environ.get("REPLICAS", "3"))
PASSWORD = os.environ.get("REDIS_PASSWORD", "")
DATA = Path(os.environ.get("REDIS_DATA", "/data"))
HOSTNAME = os.environ.get("POD_NAME") or socket.gethostname()

Found = TypeVar("Found")


def full_name(pod: str) -> str:
    """Return the name of a pod that stays when its address changes."""
    service = pod.rpartition("-")[0]
    return f"{pod}.{service}.{NAMESPACE}.svc.cluster.local"


ME = full_name(HOSTNAME)


def others(stem: str) -> list[str]:
    """Return the full names of the pods STEM-0, STEM-1, ... but for this one."""
    return [name for name in (full_name(f"{stem}-{number}") for number in range(REPLICAS)) if name != ME]


def at_once(question: Callable[[str], Found], names: Iterable[str]) -> list[Found]:
    """Ask all of them at the same time; return the answers of those who gave one."""
    answers: list[Found] = []

    def put(name: str) -> None:
        try:
            answers.append(question(name))
        except (OSError, ValueError):
            return  # not there, or not ready to talk: the next round asks again

    threads = [threading.Thread(target=put, args=(name,), daemon=True) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=3)  # only a resolver that hangs takes longer than the sockets' own limit
    return list(answers)


def named_master(sentinel: str) -> str:
    """Return whom one Sentinel names.

    Raises:
        ValueError: it knows no master yet.

    """
    (address,) = ask(sentinel, SENTINEL_PORT, [["SENTINEL", "get-master-addr-by-name", MASTER_NAME]])
    if not isinstance(address, list):
        raise ValueError(f"{sentinel} knows no {MASTER_NAME}")  # noqa: TRY004 - an answer, only an empty one
    return str(address[0])


def in_tilt(sentinel: str) -> bool:
    """Return whether one Sentinel mistrusts what it saw, and so does nothing for now."""
    (said,) = ask(sentinel, SENTINEL_PORT, [["INFO", "sentinel"]])
    return fields(said).get("sentinel_tilt") == "1"


def peer(name: str) -> Peer:
    """Return what another Redis says of itself."""
    return peer_of(name, *ask(name, REDIS_PORT, [["INFO", section] for section in SECTIONS], PASSWORD))


def peer_of(name: str, *sections: Reply) -> Peer:
    """Read INFO. A replica that never had a link says -1, or (Redis 6.2) the seconds since 1970: both become -1."""
    replication, keyspace, server = (fields(section) for section in sections)
    keys = sum(int(value.split(",")[0].partition("=")[2]) for value in keyspace.values())
    down = int(replication.get("master_link_down_since_seconds", "-1"))
    known = down <= int(server.get("uptime_in_seconds", "0"))
    return Peer(name, replication.get("role", ""), keys, down if known else -1)


def wait_until_resolves(name: str) -> None:
    """Return as soon as a name has an address: Redis and Sentinel give up on one that has none."""
    while True:
        try:
            socket.getaddrinfo(name, None, socket.AF_INET)
        except OSError:
            time.sleep(ROUND_SECONDS / 2)
        else:
            return


def say(text: str) -> None:
    """Print one line into the pod's log."""
    print(text, flush=True)
