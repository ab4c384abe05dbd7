"""A small process of one thread that makes namespaces and starts programs in them for the kubelet.

Entering a user namespace needs a process of one thread, and forking a small one is cheap: so the kubelet asks this
one, over a socket (`wire.py`). It is the parent of every container's first process and of every exec, and reports their
ends.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import sys
from typing import Any

from localcluster.network import links
from localcluster.network.netlink import ROUTE, Socket

from . import syscalls as sys_
from . import wire
from .child import Launch, enter_and_execute, start_and_execute
from .rootfs import Layout, Plan

_KINDS = ("net", "uts", "ipc")
_ENTERED = ("pid", *_KINDS, "mnt", "user")  # the user namespace last: it takes the right to enter the others
_SETTINGS = (
    ("net/ipv4/ip_unprivileged_port_start", "0"),
    ("net/ipv4/ping_group_range", "0 0"),
    ("net/ipv6/conf/default/disable_ipv6", "1"),
)

Message = dict[str, Any]


def _open_own(kind: str) -> int:
    return os.open(f"/proc/self/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)


def _write(path: str, content: str) -> None:
    with open(path, "w", encoding="ascii") as file:  # noqa: PTH123 - pathlib is not loaded, to keep this process small
        file.write(content)


class Spawner:
    """Answers requests one after the other; none of them waits for anything but the kernel."""

    def __init__(self, channel: socket.socket, layout: Layout, stage: str) -> None:
        self._channel = channel
        self._layout = layout
        self._stage = stage
        self._home = {kind: _open_own(kind) for kind in (*_KINDS, "pid")}
        self._outer = Socket(ROUTE)
        self._children: set[int] = set()

    def serve(self) -> None:
        """Answer until the kubelet closes the socket; then nothing that was started goes on."""
        try:
            self._serve()
        finally:
            for pid in self._children:
                os.kill(pid, signal.SIGKILL)

    def _serve(self) -> None:
        wake, written = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(written, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        with selectors.DefaultSelector() as selector:
            selector.register(self._channel, selectors.EVENT_READ)
            selector.register(wake, selectors.EVENT_READ)
            while True:
                ready = {key.fd for key, _ in selector.select()}
                if wake in ready:
                    os.read(wake, 4096)
                    self._reap()
                if self._channel.fileno() in ready and not self._answer():
                    return

    def _answer(self) -> bool:
        try:
            packet = wire.receive(self._channel)
        except ConnectionResetError:
            return False
        if packet is None:
            return False
        request, given = packet
        made: list[int] = []
        try:
            reply = getattr(self, f"_do_{request['do']}")(request, given, made)
        except (OSError, LookupError) as error:
            reply = {"error": str(error)}
        try:
            wire.send(self._channel, {"id": request["id"], **reply}, made)
        finally:
            for descriptor in (*given, *made):
                os.close(descriptor)
        return True

    def _reap(self) -> None:
        while self._children:
            try:
                pid, status, used = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if not pid:
                return
            self._children.discard(pid)
            spent = used.ru_utime + used.ru_stime
            wire.send(self._channel, {"exited": pid, "code": os.waitstatus_to_exitcode(status), "cpu": spent})

    def _do_pod(self, request: Message, _given: list[int], made: list[int]) -> Message:
        """Make the namespaces that the containers of a pod share, wired to the cluster's network."""
        sys_.unshare(sys_.CLONE_NEWNET | sys_.CLONE_NEWUTS | sys_.CLONE_NEWIPC)
        try:
            made += [_open_own(kind) for kind in _KINDS]
            inner = self._prepare_namespace(request["hostname"])
        finally:
            self._go_home()
        try:
            links.wire_pod(self._outer, inner, request["link"], made[0], request["ip"])
        finally:
            inner.close()
        return {}

    def _prepare_namespace(self, hostname: str) -> Socket:
        socket.sethostname(hostname)
        for name, value in _SETTINGS:
            with contextlib.suppress(OSError):
                _write(f"/proc/sys/{name}", value)
        inner = Socket(ROUTE)
        inner.ask([links.link_up(1)], "loopback up")
        return inner

    def _go_home(self) -> None:
        for kind in _KINDS:
            sys_.setns(self._home[kind])

    def _do_unwire(self, request: Message, _given: list[int], _made: list[int]) -> Message:
        """Forget the way to a pod; the interface itself goes with the pod's namespace."""
        self._outer.ask([links.route_delete(f"{request['ip']}/32")], f"forget {request['ip']}")
        return {}

    def _do_socket(self, _request: Message, given: list[int], made: list[int]) -> Message:
        """Open a TCP socket inside a pod's network namespace."""
        sys_.setns(given[0])
        try:
            made.append(socket.socket(socket.AF_INET, socket.SOCK_STREAM).detach())
        finally:
            sys_.setns(self._home["net"])
        return {}

    def _do_start(self, request: Message, given: list[int], made: list[int]) -> Message:
        """Start the first process of a container: pid 1 of a pid namespace of its own."""
        plan = Plan(**request["plan"])
        launch = Launch(**request["launch"])
        sys_.unshare(sys_.CLONE_NEWPID)
        try:
            pid = self._fork()
            if not pid:
                start_and_execute(self._layout, plan, launch, self._stage, given)
        finally:
            sys_.setns(self._home["pid"], sys_.CLONE_NEWPID)
        return self._started(pid, made)

    def _do_exec(self, request: Message, given: list[int], made: list[int]) -> Message:
        """Start a further process in a container; its parent is this process, as with any container runtime."""
        target = request["pid"]
        if target not in self._children:
            raise LookupError("the container has ended")
        launch = Launch(**request["launch"])
        entered = [os.open(f"/proc/{target}/ns/{kind}", os.O_RDONLY) for kind in _ENTERED]
        try:
            sys_.setns(entered[0], sys_.CLONE_NEWPID)
            pid = self._fork()
            if not pid:
                enter_and_execute(launch, entered[1:], given)
        finally:
            sys_.setns(self._home["pid"], sys_.CLONE_NEWPID)
            for descriptor in entered:
                os.close(descriptor)
        return self._started(pid, made)

    def _fork(self) -> int:
        pid = os.fork()
        if pid:
            self._children.add(pid)
        return pid

    def _started(self, pid: int, made: list[int]) -> Message:
        made.append(os.pidfd_open(pid))
        return {"pid": pid}


def main() -> None:
    """Serve on the descriptor given as first argument; the second is JSON: layout and stage."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    channel.set_inheritable(False)
    wire.enlarge(channel)
    settings = json.loads(sys.argv[2])
    gc.collect()
    gc.freeze()  # so that a fork's first collection does not copy every page
    gc.disable()
    Spawner(channel, Layout(**settings["layout"]), settings["stage"]).serve()


if __name__ == "__main__":
    main()
