"""Starts a cluster, or finds that it runs."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import daemon, down, health, state
from .capabilities import lacks
from .errors import LauncherError, UsageError
from .process import ProcessName, named
from .supervisor import LOGS, REASON, Settings

_HEALTHY_SECONDS = 5.0  # a cluster that runs answers in milliseconds; one that does not in this time is half dead
_TAIL = 15


@dataclass(frozen=True)
class Wish:
    """What the caller wants."""

    name: str
    images: Sequence[Path] = ()
    api_port: int = 0
    """0: any that is free."""
    ingress_port: int = 0
    wait: float = 30.0
    """Seconds until the API server must answer."""
    owner: ProcessName | None = None
    system_images: Path = field(default_factory=lambda: Path(__file__).resolve().parents[1] / "images")


def up(wish: Wish) -> tuple[state.Record, bool]:
    """Start a cluster; give its record, and whether it was running already.

    Raises:
        LauncherError: it could not be started; nothing of it is left but its folder with the logs.

    """
    reap_orphans(except_for=wish.name)
    with state.locked(wish.name) as lock:
        running = state.read(wish.name)
        if running and running.supervisor.alive() and health.answers(running.api, _HEALTHY_SECONDS):
            return running, True
        down.clean(wish.name)
        return _start(wish, lock), False


def reap_orphans(except_for: str) -> None:
    """Take down clusters whose owner has died."""
    for name in state.names():
        record = state.read(name)
        if name == except_for or record is None or record.owner is None or record.owner.alive():
            continue
        down.down(name)


def owner_named(pid: int | None) -> ProcessName | None:
    """Name the process that owns a cluster.

    Raises:
        UsageError: it does not run.

    """
    if pid is None:
        return None
    name = named(pid)
    if name is None:
        raise UsageError(f"--owner-pid {pid}: there is no such process")
    return name


def _start(wish: Wish, lock: int) -> state.Record:
    folder = state.folder(wish.name)
    with _listen(wish.api_port, "--api-port") as api, _listen(wish.ingress_port, "--ingress-port") as ingress:
        settings = Settings(wish.name, folder, _images(wish), api, ingress)
        folder.mkdir(parents=True, mode=0o755)
        lacking = tuple(sorted(lacks()))

        def record(supervisor: ProcessName) -> state.Record:
            there, door = _address("https", api), _address("http", ingress)
            return state.Record(wish.name, supervisor, there, door, time.time(), wish.owner, lacking)

        try:
            daemon.start(settings, record, lock)
        except LauncherError:
            down.clean(wish.name)  # nothing has run, so there is nothing to read there
            raise
    started = state.read(wish.name)
    if started is None:
        raise LauncherError(f"{folder} lost its record while the cluster started")
    if not health.wait(started.api, started.supervisor, wish.wait):
        raise _failure(started, wish.wait)
    return started


def _listen(port: int, option: str) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port), backlog=1024)
    except OSError as error:
        raise LauncherError(
            f"{option} {port}: cannot listen on 127.0.0.1:{port}: {os.strerror(error.errno or 0)}"
        ) from error


def _address(scheme: str, listener: socket.socket) -> str:
    host, port = listener.getsockname()
    return f"{scheme}://{host}:{port}"


def _images(wish: Wish) -> list[str]:
    folders = [wish.system_images] if wish.system_images.is_dir() else []
    for folder in wish.images:
        if not folder.is_dir():
            raise UsageError(f"--images {folder}: there is no such folder")
        folders.append(folder.resolve())
    return [str(folder) for folder in folders]


def _failure(record: state.Record, seconds: float) -> LauncherError:
    """Say what the logs say, and stop what has been started; the logs stay."""
    folder = state.folder(record.name)
    reason = f"its API server did not answer within {seconds:g} s"
    if not record.supervisor.alive():
        reason = _read(folder / REASON) or "its supervisor ended"
    record.supervisor.kill(10)
    said = "\n".join(_read(path) for path in sorted((folder / LOGS).glob("*.log")))
    lines = "\n".join(f"  {line}" for line in said.splitlines()[-_TAIL:])
    return LauncherError(
        f"cluster {record.name} did not start: {reason.strip()} (logs: {folder / LOGS})\n{lines}".rstrip()
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
