"""Passes TCP connections from the machine's loopback on to an address inside the cluster."""

from __future__ import annotations

import selectors
import socket
from contextlib import suppress

_CHUNK = 1 << 16
_MOST_WAITING = 1 << 18  # bytes kept for a side that reads slowly; then the other side has to wait


class Relay:
    """A listening socket and its connections, served by a selector that is the caller's.

    The keys' data are callables: call them with the event mask when their socket is ready.
    """

    def __init__(self, selector: selectors.BaseSelector, listener: socket.socket, target: tuple[str, int]) -> None:
        self._selector = selector
        self._listener = listener
        self._target = target
        listener.setblocking(False)
        selector.register(listener, selectors.EVENT_READ, self._accept)

    def _accept(self, _events: int) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError:  # it has gone again, or there are too many
            return
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        for side in (client, server):
            side.setblocking(False)
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        server.connect_ex(self._target)
        _Connection(self._selector, client, server)


class _Side:
    """One end of a connection and what waits to be written to it."""

    def __init__(self, end: socket.socket) -> None:
        self.socket = end
        self.waiting = bytearray()
        self.read_over = False
        """It has said all it had to say."""
        self.write_over = False
        """It has been told that nothing more comes."""


class _Connection:
    def __init__(self, selector: selectors.BaseSelector, client: socket.socket, server: socket.socket) -> None:
        self._selector = selector
        self._client, self._server = _Side(client), _Side(server)
        selector.register(server, selectors.EVENT_WRITE, self._connected)
        self._masks = {client: 0, server: selectors.EVENT_WRITE}

    def _connected(self, _events: int) -> None:
        if self._server.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._close()  # nobody answers there: the caller sees its connection end, as with a closed port
            return
        self._selector.unregister(self._server.socket)
        self._masks[self._server.socket] = 0
        self._arrange()

    def _ready(self, side: _Side, other: _Side, events: int) -> None:
        try:
            if events & selectors.EVENT_READ:
                self._read(side, other)
            if events & selectors.EVENT_WRITE or other.waiting:
                _write(side)
                _write(other)
        except OSError:
            self._close()
            return
        self._finish(side, other)
        self._finish(other, side)
        self._arrange()

    def _read(self, side: _Side, other: _Side) -> None:
        try:
            data = side.socket.recv(_CHUNK)
        except BlockingIOError:
            return
        other.waiting += data
        side.read_over = not data

    def _finish(self, side: _Side, other: _Side) -> None:
        """Pass on that a side has finished, when all it said has been delivered."""
        if side.read_over and not other.waiting and not other.write_over:
            other.write_over = True
            with suppress(OSError):
                other.socket.shutdown(socket.SHUT_WR)

    def _arrange(self) -> None:
        """Wait for what can happen next; nothing more can: close."""
        if self._client.write_over and self._server.write_over:
            self._close()
            return
        for side, other in ((self._client, self._server), (self._server, self._client)):
            mask = 0
            if not side.read_over and len(other.waiting) < _MOST_WAITING:
                mask |= selectors.EVENT_READ
            if side.waiting:
                mask |= selectors.EVENT_WRITE
            self._watch(side, other, mask)

    def _watch(self, side: _Side, other: _Side, mask: int) -> None:
        if mask == self._masks[side.socket]:
            return
        if self._masks[side.socket]:
            self._selector.unregister(side.socket)
        if mask:
            self._selector.register(side.socket, mask, lambda events: self._ready(side, other, events))
        self._masks[side.socket] = mask

    def _close(self) -> None:
        for side in (self._client, self._server):
            if self._masks.get(side.socket):
                self._selector.unregister(side.socket)
            side.socket.close()
        self._masks.clear()


def _write(side: _Side) -> None:
    if not side.waiting:
        return
    try:
        sent = side.socket.send(side.waiting)
    except BlockingIOError:
        return
    del side.waiting[:sent]
