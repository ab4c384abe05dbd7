"""Messages between the kubelet and the spawner: one JSON object and some descriptors a packet."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

_LARGEST = 1 << 20
_DESCRIPTORS = 16
_descriptor = struct.Struct("i")


def send(channel: socket.socket, message: dict[str, Any], descriptors: list[int] | None = None) -> None:
    """Send one packet.

    Raises:
        OSError: the other side has gone, or the packet is larger than the socket's buffer.

    """
    socket.send_fds(channel, [json.dumps(message).encode()], descriptors or [])


def receive(channel: socket.socket) -> tuple[dict[str, Any], list[int]] | None:
    """Receive one packet with its descriptors (close-on-exec), None at the end."""
    data, descriptors = receive_raw(channel)
    return (json.loads(data), descriptors) if data else None


def receive_raw(channel: socket.socket) -> tuple[bytes, list[int]]:
    """Receive a packet's bytes and descriptors (socket.recv_fds of Python 3.11 ignores the flag for close-on-exec)."""
    room = socket.CMSG_LEN(_DESCRIPTORS * _descriptor.size)
    data, extra, _, _ = channel.recvmsg(_LARGEST, room, socket.MSG_CMSG_CLOEXEC)
    descriptors: list[int] = []
    for level, kind, raw in extra:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            whole = len(raw) - len(raw) % _descriptor.size
            descriptors += [number for (number,) in _descriptor.iter_unpack(raw[:whole])]
    return data, descriptors


def enlarge(channel: socket.socket) -> None:
    """Give a packet room for a long environment."""
    for option in (32, socket.SO_SNDBUF):  # 32 is SO_SNDBUFFORCE, for the machine's root only
        try:
            channel.setsockopt(socket.SOL_SOCKET, option, _LARGEST)
        except PermissionError:
            continue
        return
