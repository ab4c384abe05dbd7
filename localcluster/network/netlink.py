"""Netlink messages: attributes packed into bytes, requests sent, acknowledgements read."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

ROUTE = 0
NETFILTER = 12

REQUEST = 0x1
ACK = 0x4
REPLACE = 0x100
EXCLUSIVE = 0x200
CREATE = 0x400
APPEND = 0x800
DUMP = 0x300

_ERROR = 2
_DONE = 3
_NESTED = 0x8000
_HEADER = struct.Struct("=IHHII")
_SOL_NETLINK = 270
_EXT_ACK = 11
_CAP_ACK = 10
_ANSWER_SECONDS = 5.0  # a kernel that needs longer is not going to answer


def attribute(kind: int, data: bytes | str, *, nested: bool = False) -> bytes:
    """Pack one attribute; text gets its closing zero."""
    raw = data.encode() + b"\0" if isinstance(data, str) else data
    return struct.pack("=HH", len(raw) + 4, kind | (_NESTED if nested else 0)) + raw + bytes(-len(raw) % 4)


def nest(kind: int, *parts: bytes) -> bytes:
    """Pack attributes inside an attribute."""
    return attribute(kind, b"".join(parts), nested=True)


@dataclass(frozen=True)
class Message:
    """One request: type, flags beside REQUEST, body after the header."""

    kind: int
    flags: int
    body: bytes

    def pack(self, sequence: int, extra: int = 0) -> bytes:
        """Make the bytes of this message."""
        head = _HEADER.pack(_HEADER.size + len(self.body), self.kind, self.flags | REQUEST | extra, sequence, 0)
        return head + self.body + bytes(-len(self.body) % 4)


class NetlinkError(OSError):
    """The kernel refused; `index` is the position of the message it refused, -1 for the batch as a whole."""

    def __init__(self, number: int, index: int, what: str) -> None:
        super().__init__(number, f"{what}: {os.strerror(number)}")
        self.index = index


def parse(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Yield (type, sequence, body) of each message in a datagram."""
    offset = 0
    while offset + _HEADER.size <= len(data):
        length, kind, _, sequence, _ = _HEADER.unpack_from(data, offset)
        yield kind, sequence, data[offset + _HEADER.size : offset + length]
        offset += (length + 3) & ~3


class Socket:
    """A netlink socket of the network namespace in which it was made, wherever its user goes afterwards."""

    def __init__(self, family: int) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, family)
        self._socket.bind((0, 0))
        self._socket.settimeout(_ANSWER_SECONDS)
        self._socket.setsockopt(_SOL_NETLINK, _EXT_ACK, 1)
        self._socket.setsockopt(_SOL_NETLINK, _CAP_ACK, 1)
        self._sequence = 0

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def ask(self, messages: Sequence[Message], what: str) -> None:
        """Send messages one after the other in one go.

        Raises:
            NetlinkError: the kernel refused one; those before it are done, and those after it too.

        """
        first = self._sequence + 1
        self._sequence += len(messages)
        self._socket.send(b"".join(m.pack(first + i, ACK) for i, m in enumerate(messages)))
        self._read_acknowledgements(first, len(messages), what)

    def _read_acknowledgements(self, first: int, count: int, what: str) -> None:
        refused: NetlinkError | None = None
        while count:
            for kind, sequence, body in parse(self._socket.recv(1 << 16)):
                if kind != _ERROR or sequence < first:
                    continue
                count -= 1
                (number,) = struct.unpack_from("=i", body)
                if number and refused is None:
                    refused = NetlinkError(-number, sequence - first, f"{what}, message {sequence - first}")
        if refused:
            raise refused

    def commit(self, begin: Message, messages: Sequence[Message], end: Message, what: str) -> None:
        """Send a batch that takes effect as a whole or not at all; only its last message is acknowledged.

        Raises:
            NetlinkError: the kernel refused one; nothing has changed.

        """
        first = self._sequence + 1
        self._sequence += len(messages) + 2
        last = len(messages) - 1
        packed = [begin.pack(first)]
        packed += [m.pack(first + 1 + i, ACK if i == last else 0) for i, m in enumerate(messages)]
        packed.append(end.pack(self._sequence))
        data = b"".join(packed)
        self._room_for(len(data))
        self._socket.send(data)
        self._read_verdict(first, last, what)

    def _read_verdict(self, first: int, last: int, what: str) -> None:
        """Wait for the last message's acknowledgement, or the first complaint."""
        while True:
            for kind, sequence, body in parse(self._socket.recv(1 << 16)):
                if kind != _ERROR or sequence < first:
                    continue
                (number,) = struct.unpack_from("=i", body)
                index = sequence - first - 1
                if number:
                    self._drop_rest()
                    raise NetlinkError(-number, index, f"{what}, message {index}")
                if index == last:
                    return

    def _drop_rest(self) -> None:
        self._socket.setblocking(False)
        try:
            while self._socket.recv(1 << 16):
                pass
        except BlockingIOError:
            pass
        finally:
            self._socket.settimeout(_ANSWER_SECONDS)

    def _room_for(self, size: int) -> None:
        """Make the send buffer large enough; FORCE (33) needs a privilege that a user namespace does not give."""
        for option in (32, socket.SO_SNDBUF):
            try:
                self._socket.setsockopt(socket.SOL_SOCKET, option, 2 * size + 65536)
            except PermissionError:
                continue
            return

    def dump(self, message: Message) -> list[bytes]:
        """Ask for a list; return the bodies of the answers."""
        self._sequence += 1
        self._socket.send(message.pack(self._sequence, DUMP))
        bodies: list[bytes] = []
        while True:
            for kind, _, body in parse(self._socket.recv(1 << 17)):
                if kind == _DONE:
                    return bodies
                if kind == _ERROR:
                    raise NetlinkError(-struct.unpack_from("=i", body)[0], 0, "dump")
                bodies.append(body)
