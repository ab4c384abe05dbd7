"""What the kubelet asks of whatever runs its containers.

The kubelet knows this page only. Implementations: `namespaces.py` (a network namespace a pod, a mount, pid and user
namespace a container) and `plain.py` (plain processes, where namespaces are forbidden).
"""

from __future__ import annotations

from asyncio import StreamReader, StreamWriter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class SandboxError(Exception):
    """The machine refused: the message says which call and why."""


@dataclass(frozen=True)
class Mount:
    """One path of the machine that a container sees."""

    source: Path
    target: str
    read_only: bool = False


@dataclass(frozen=True)
class PodSpec:
    """What the containers of a pod share."""

    uid: str
    namespace: str
    name: str
    hostname: str
    subdomain: str
    ip: str
    """Its address, chosen by the kubelet from the range of its node."""
    nameservers: tuple[str, ...] = ("10.96.0.10",)
    searches: tuple[str, ...] = ()
    options: tuple[str, ...] = ("ndots:5",)
    hosts: Mapping[str, str] = field(default_factory=dict)
    """Extra lines of /etc/hosts: address by name."""
    host_network: bool = False


@dataclass(frozen=True)
class ContainerSpec:
    """One process tree to start."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    uid: int
    gid: int
    workdir: str
    mounts: Sequence[Mount]
    """Volumes and the recipe's paths, in order; a later one may lie inside an earlier one."""
    log: Path
    """File that receives stdout and stderr, as lines of the CRI log format (`time stream F|P text`)."""
    stdin: bool = False
    tty: bool = False
    read_only_root: bool = False
    cpu_limit: float | None = None
    """Cores; enforced where the machine lets us (cgroups as root)."""
    memory_limit: int | None = None
    """Bytes; a container above it is ended and reported OOMKilled."""


@dataclass(frozen=True)
class Exit:
    """How a process ended. `code` is 128 + signal after a signal."""

    code: int
    signal: int = 0
    oom_killed: bool = False


@dataclass(frozen=True)
class Usage:
    """What a container has used: CPU seconds since it started, resident bytes now."""

    cpu_seconds: float
    memory_bytes: int


class Exec(Protocol):
    """A further process in a running container."""

    stdin: StreamWriter | None
    stdout: StreamReader
    stderr: StreamReader | None
    """None with a terminal: everything arrives on stdout."""

    async def wait(self) -> Exit:
        """Wait for its end; what it wrote may still have to be read."""

    def resize(self, rows: int, columns: int) -> None:
        """Tell its terminal the size of the window; nothing happens without a terminal."""

    def kill(self) -> None:
        """End it at once; what it started goes on."""


class Container(Protocol):
    """A running (or ended) container. Its id is new with every start."""

    id: str
    pid: int
    """Pid of its first process, as the kubelet sees it."""
    stdin: StreamWriter | None
    """Its standard input, for attach; None unless the spec asked for it. Its output is read from the log."""

    async def wait(self) -> Exit:
        """Wait for the end of its first process, and with it of all; the log is complete then."""

    def signal(self, number: int) -> None:
        """Send a signal to its first process; nothing happens when it has ended."""

    def kill(self) -> None:
        """End every process in it at once."""

    def usage(self) -> Usage:
        """Measure all its processes; all zero when it has ended."""

    def resize(self, rows: int, columns: int) -> None:
        """Tell its terminal the size of the window; nothing happens without a terminal."""

    async def exec(self, argv: Sequence[str], *, stdin: bool = False, tty: bool = False) -> Exec:
        """Start a further process beside the first, with the container's environment.

        Raises:
            SandboxError: the container has ended or the program was not found.

        """


class Pod(Protocol):
    """The shared part of a pod: its network namespace, host name and DNS settings."""

    spec: PodSpec

    async def start(self, container: ContainerSpec) -> Container:
        """Start a container.

        Raises:
            SandboxError: the program was not found or a mount failed.

        """

    async def connect(self, port: int) -> tuple[StreamReader, StreamWriter]:
        """Open a TCP connection to 127.0.0.1:port *inside* the pod, as kubectl port-forward does.

        Raises:
            OSError: nobody listens.

        """

    async def remove(self) -> None:
        """End all containers and give the address and namespaces back; idempotent."""


class Runtime(Protocol):
    """A way to run pods on this machine."""

    lacks: frozenset[str]
    """Capabilities it does not have: `network-policy`, `pod-network`, `cpu-limits`, ..."""

    async def create(self, spec: PodSpec) -> Pod:
        """Make the shared part of a pod.

        Raises:
            SandboxError: the machine refused.

        """

    async def close(self) -> None:
        """End every pod, and what the runtime itself runs."""
