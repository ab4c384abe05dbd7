"""Ask a Redis or a Sentinel something, with nothing but sockets.

Only the standard library, and little of it: it runs at every start of six pods, before Redis itself is there.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import BinaryIO

SECONDS = 0.5  # a later answer is no answer: the next round comes in half a second

Reply = str | int | list["Reply"] | None


class RefusedError(OSError):
    """The server answered with an error: the message is its text."""


def ask(host: str, port: int, commands: Sequence[Sequence[str]], password: str = "") -> list[Reply]:
    """Send commands on one connection; return the reply to each.

    Raises:
        OSError: the name does not resolve, nobody answered within SECONDS, or the server refused.

    """
    lead = [["AUTH", password]] if password else []
    with socket.create_connection((host, port), timeout=SECONDS) as link, link.makefile("rb") as stream:
        link.sendall(b"".join(encode(words) for words in [*lead, *commands]))
        replies = [read(stream) for _ in [*lead, *commands]]
    return replies[len(lead) :]


def encode(words: Sequence[str]) -> bytes:
    """Return a command as Redis reads it."""
    parts = [word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def read(stream: BinaryIO) -> Reply:
    """Read one reply."""
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise ConnectionError("the connection was closed in the middle of a reply")
    kind, rest = line[:1], line[1:-2].decode()
    if kind == b"-":
        raise RefusedError(rest)
    if kind == b":":
        return int(rest)
    if kind == b"*":
        return None if rest == "-1" else [read(stream) for _ in range(int(rest))]
    if kind == b"$":
        return None if rest == "-1" else stream.read(int(rest) + 2)[:-2].decode(errors="replace")
    return rest


def fields(info: Reply) -> dict[str, str]:
    """Return the `name:value` lines of an INFO reply."""
    pairs = (line.partition(":") for line in str(info).splitlines())
    return {name: value for name, colon, value in pairs if colon}
