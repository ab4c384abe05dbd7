"""Pid 1 of a cluster: starts API server and kubelet, reaps orphans, relays the ingress; when it ends, all ends."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from localcluster.network import node
from localcluster.network.addresses import API, DNS, INGRESS, INGRESS_PORT

from .isolation import renew_proc
from .relay import Relay

LOGS = "logs"
REASON = "ended"
"""File in the state folder that says why a cluster ended by itself."""
KUBELET_CONFIG = "kubelet-kubeconfig"
_PAUSE = 0.01  # seconds between looks for it; it is there within half a second


@dataclass(frozen=True)
class Settings:
    """What the supervisor has to know."""

    name: str
    state_dir: Path
    images: Sequence[str]
    api: socket.socket
    ingress: socket.socket


def prepare(settings: Settings) -> None:
    """Make the inside of the fresh namespaces habitable.

    Raises:
        LauncherError, OSError: the machine refused.

    """
    renew_proc()
    socket.sethostname(settings.name)
    node.set_up()


class Supervisor:
    """The life of a cluster, from its first process to the first that ends."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._parts: dict[int, str] = {}
        self._wake = _wake_on_signals()
        self._config = settings.state_dir / KUBELET_CONFIG

    def run(self) -> int:
        """Supervise until a part ends or SIGTERM comes; return the exit code, which ends everything else."""
        _detach(self._settings.state_dir)
        self._start("apiserver", _api_arguments(self._settings))
        self._settings.api.close()
        with selectors.DefaultSelector() as selector:
            Relay(selector, self._settings.ingress, (INGRESS, INGRESS_PORT))
            selector.register(self._wake, selectors.EVENT_READ, None)
            while True:
                code = self._turn(selector)
                if code is not None:
                    return code

    def _turn(self, selector: selectors.BaseSelector) -> int | None:
        """Serve what is ready; give the exit code when it is over."""
        for key, events in selector.select(self._start_kubelet()):
            if key.data is not None:
                key.data(events)
            elif _stop_asked(os.read(self._wake, 4096)):
                return 0
            elif reason := _reap(self._parts):
                _record(self._settings.state_dir, reason)
                return 1
        return None

    def _start_kubelet(self) -> float | None:
        """Start the kubelet when the API server has written its kubeconfig; give the seconds until the next look."""
        if "kubelet" in self._parts.values():
            return None
        if not self._config.exists():
            return _PAUSE
        self._start("kubelet", _kubelet_arguments(self._settings))
        return None

    def _start(self, part: str, arguments: list[str]) -> None:
        log = _open_log(self._settings.state_dir, part)
        output = [(os.POSIX_SPAWN_DUP2, log, 1), (os.POSIX_SPAWN_DUP2, log, 2)]
        argv = [sys.executable, "-m", f"localcluster.{part}", "--state-dir", str(self._settings.state_dir), *arguments]
        try:
            pid = os.posix_spawn(sys.executable, argv, os.environ, file_actions=output, setsigdef=[signal.SIGHUP])
        finally:
            os.close(log)
        self._parts[pid] = part


def _api_arguments(settings: Settings) -> list[str]:
    number = settings.api.fileno()
    os.set_inheritable(number, True)
    return ["--name", settings.name, "--fd", str(number), "--bind", f"{API}:443", "--dns", DNS]


def _kubelet_arguments(settings: Settings) -> list[str]:
    arguments = ["--kubeconfig", str(settings.state_dir / KUBELET_CONFIG)]
    for folder in settings.images:
        arguments += ["--images", folder]
    return arguments


def _wake_on_signals() -> int:
    wake, written = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(written, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    return wake


def _stop_asked(numbers: bytes) -> bool:
    return signal.SIGTERM in numbers or signal.SIGINT in numbers


def _detach(state_dir: Path) -> None:
    """Let go of the terminal; what is said from here on goes to a log."""
    nothing, log = os.open(os.devnull, os.O_RDONLY), _open_log(state_dir, "supervisor")
    for number, descriptor in enumerate((nothing, log, log)):
        os.dup2(descriptor, number)
    os.close(nothing)
    os.close(log)


def _open_log(state_dir: Path, part: str) -> int:
    folder = state_dir / LOGS
    folder.mkdir(exist_ok=True)
    return os.open(folder / f"{part}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)


def _reap(parts: dict[int, str]) -> str:
    """Bury the dead, ours and adopted ones; tell which part ended, if one did."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return "nothing is left to supervise"
        if not pid:
            return ""
        if pid in parts:
            return f"{parts[pid]} ended with {os.waitstatus_to_exitcode(status)}"


def _record(state_dir: Path, reason: str) -> None:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    (state_dir / REASON).write_text(f"{stamp} {reason}\n")
    print(f"{stamp} {reason}", file=sys.stderr, flush=True)
