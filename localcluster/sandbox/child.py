"""What a forked process does until it becomes the container's program.

Two ways in: `start_and_execute` builds the container around itself, `enter_and_execute` joins one that runs. Neither
returns. What goes wrong is told on the report socket, which closes by itself when the program is executed.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import termios
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from . import rootfs
from . import syscalls as sys_

# Docker's default set: CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_RAW SYS_CHROOT
# MKNOD AUDIT_WRITE SETFCAP
_CAPABILITIES = frozenset({0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31})
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126


@dataclass(frozen=True)
class Launch:
    """What to execute, as whom."""

    argv: Sequence[str]
    env: Mapping[str, str]
    workdir: str
    uid: int
    gid: int
    tty: bool
    cgroups: Sequence[str] = ()
    """Files that take the process into its cgroups."""


def start_and_execute(
    layout: rootfs.Layout, plan: rootfs.Plan, launch: Launch, stage: str, given: Sequence[int]
) -> NoReturn:
    """Become the first process of a new container.

    `given` are the report socket, namespaces (net, uts, ipc), then stdin, stdout, stderr unless there is a terminal.
    """
    report = socket.socket(fileno=os.dup(given[0]))
    report.set_inheritable(False)
    try:
        _calm_signals()
        for path in launch.cgroups:
            _write(path, "0")
        for descriptor in given[1:4]:
            sys_.setns(descriptor)
        sys_.unshare(sys_.CLONE_NEWNS)
        rootfs.build(layout, plan, stage)
        os.setsid()
        _connect(report, launch, given[4:])
        _take_identity(launch)
        _execute(launch)
    except BaseException as error:  # noqa: BLE001 - nothing may escape a forked child
        _fail(report, error)


def enter_and_execute(launch: Launch, namespaces: Sequence[int], given: Sequence[int]) -> NoReturn:
    """Become a further process of a running container.

    `namespaces` are net, uts, ipc, mnt, user, in the order in which they can be entered; `given` are the report socket,
    then stdin, stdout, stderr unless there is a terminal.
    """
    report = socket.socket(fileno=os.dup(given[0]))
    report.set_inheritable(False)
    try:
        _calm_signals()
        for path in launch.cgroups:
            _write(path, "0")
        for descriptor in namespaces[:-1]:
            sys_.setns(descriptor)
        os.setsid()
        _connect(report, launch, given[1:])
        sys_.setns(namespaces[-1])
        sys_.limit_capabilities(_CAPABILITIES)
        _execute(launch)
    except BaseException as error:  # noqa: BLE001 - nothing may escape a forked child
        _fail(report, error)


def _calm_signals() -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGPIPE, signal.SIGINT, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)


def _write(path: str, content: str) -> None:
    with open(path, "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib is not loaded in this process
        file.write(content)


def _connect(report: socket.socket, launch: Launch, streams: Sequence[int]) -> None:
    """Put the streams on 0, 1, 2; a terminal is made in the container, and its other end reported."""
    if launch.tty:
        master, slave = os.openpty()
        socket.send_fds(report, [b"tty"], [master])
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        streams = (slave, slave, slave)
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)  # the only ones without close-on-exec


def _take_identity(launch: Launch) -> None:
    """Appear as the container's user: the one user that exists in a user namespace of its own."""
    uid, gid = os.geteuid(), os.getegid()
    sys_.unshare(sys_.CLONE_NEWUSER)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{launch.uid} {uid} 1")
    _write("/proc/self/gid_map", f"{launch.gid} {gid} 1")
    sys_.limit_capabilities(_CAPABILITIES)


def _execute(launch: Launch) -> NoReturn:
    os.chdir(launch.workdir)
    program = launch.argv[0]
    if "/" in program:
        os.execve(program, list(launch.argv), dict(launch.env))  # noqa: S606 - no shell on purpose
    for folder in launch.env["PATH"].split(":"):
        try:
            os.execve(f"{folder}/{program}", list(launch.argv), dict(launch.env))  # noqa: S606 - the same
        except (FileNotFoundError, NotADirectoryError):
            continue
    raise FileNotFoundError(2, f'exec: "{program}": executable file not found in $PATH')


def _fail(report: socket.socket, error: BaseException) -> NoReturn:
    try:
        report.send(b"bad" + _told(error).encode(errors="replace"))
    finally:  # whoever asked may have gone; a child that returned would go on as a second spawner
        os._exit(_NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE)


def _told(error: BaseException) -> str:
    if not isinstance(error, OSError):
        return repr(error)
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason
