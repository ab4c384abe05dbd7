"""Packet filter rules as netlink messages: the part of nftables that a cluster needs, for IPv4.

Expressions are bytes and are joined into rules; a `Batch` collects tables, chains, sets and rules, and `commit` sends
them so that they take effect together or not at all.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from ipaddress import IPv4Network

from .netlink import APPEND, CREATE, NETFILTER, Message, Socket, attribute, nest

_FAMILY = 2  # NFPROTO_IPV4
_SUBSYSTEM = 10
_BEGIN, _END = 16, 17
_NEW_TABLE, _DELETE_TABLE, _NEW_CHAIN, _NEW_RULE, _NEW_SET, _NEW_ELEMENTS = 0, 2, 3, 6, 9, 12
_SET_CONSTANT, _SET_MAP = 2, 8
_VERDICT_DATA = 0xFFFFFF00
_REGISTER = 1  # 16 bytes; as 4-byte registers it is 8 to 11
_SECOND_WORD = 9
_VERDICT_REGISTER = 0
_REMEMBERED = 4096  # expressions: every change of a Service writes those of all the others again

TCP, UDP, SCTP = 6, 17, 132
PROTOCOLS = {"TCP": TCP, "UDP": UDP, "SCTP": SCTP}
ESTABLISHED, RELATED, NEW, INVALID = 2, 4, 8, 1


class Hook(IntEnum):
    """Where a chain sees packets."""

    PREROUTING = 0
    INPUT = 1
    FORWARD = 2
    OUTPUT = 3
    POSTROUTING = 4


class Verdict(IntEnum):
    """What becomes of a packet."""

    DROP = 0
    ACCEPT = 1
    JUMP = -3
    GOTO = -4
    RETURN = -5


def _number(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack(">I", value & 0xFFFFFFFF))


def _expression(name: str, *attributes: bytes) -> bytes:
    return nest(1, attribute(1, name), nest(2, *attributes))


def _value(kind: int, data: bytes) -> bytes:
    return nest(kind, attribute(1, data))


def _payload(base: int, offset: int, length: int, register: int = _REGISTER) -> bytes:
    return _expression("payload", _number(1, register), _number(2, base), _number(3, offset), _number(4, length))


def _compare(data: bytes, operator: int = 0) -> bytes:
    return _expression("cmp", _number(1, _REGISTER), _number(2, operator), _value(3, data))


def _mask(mask: bytes) -> bytes:
    fields = (_number(1, _REGISTER), _number(2, _REGISTER), _number(3, len(mask)))
    return _expression("bitwise", *fields, _value(4, mask), _value(5, bytes(len(mask))))


_SOURCE, _DESTINATION = 12, 16  # offsets in the IPv4 header


def _network(offset: int, network: IPv4Network, *, inverted: bool) -> bytes:
    loaded = _payload(1, offset, 4)
    if network.prefixlen < 32:
        loaded += _mask(network.netmask.packed)
    return loaded + _compare(network.network_address.packed, 1 if inverted else 0)


@lru_cache(_REMEMBERED)
def source(network: str, *, inverted: bool = False) -> bytes:
    """Match the source address: in `10.0.0.0/8`, or not in it."""
    return _network(_SOURCE, IPv4Network(network), inverted=inverted)


@lru_cache(_REMEMBERED)
def destination(network: str, *, inverted: bool = False) -> bytes:
    """Match the destination address."""
    return _network(_DESTINATION, IPv4Network(network), inverted=inverted)


@lru_cache(_REMEMBERED)
def protocol(number: int) -> bytes:
    """Match the transport protocol."""
    return _expression("meta", _number(1, _REGISTER), _number(2, 16)) + _compare(bytes([number]))


@lru_cache(_REMEMBERED)
def port(first: int, last: int | None = None) -> bytes:
    """Match the destination port, or a range with both ends; `protocol` has to stand before it."""
    loaded = _payload(2, 2, 2)
    if last is None or last == first:
        return loaded + _compare(struct.pack(">H", first))
    return loaded + _compare(struct.pack(">H", first), 5) + _compare(struct.pack(">H", last), 3)


def state(bits: int) -> bytes:
    """Match the connection's state: any of ESTABLISHED, RELATED, NEW, INVALID."""
    loaded = _expression("ct", _number(2, 0), _number(1, _REGISTER))
    return loaded + _mask(struct.pack("=I", bits)) + _compare(bytes(4), 1)


def reply() -> bytes:
    """Match packets that flow back to the one who opened the connection."""
    return _expression("ct", _number(2, 1), _number(1, _REGISTER)) + _compare(b"\1")


def in_set(name: str, *, of_source: bool) -> bytes:
    """Match when the source (else the destination) address is in a set."""
    return _payload(1, _SOURCE if of_source else _DESTINATION, 4) + _expression(
        "lookup", attribute(1, name), _number(2, _REGISTER)
    )


def pair_in_set(name: str) -> bytes:
    """Match when source and destination address, in this order, are in a set of pairs."""
    loaded = _payload(1, _SOURCE, 8)  # they lie side by side in the header
    return loaded + _expression("lookup", attribute(1, name), _number(2, _REGISTER))


def decide_by(name: str, *, of_source: bool) -> bytes:
    """Do what a verdict map says for the source (else the destination) address; go on when it says nothing."""
    return _payload(1, _SOURCE if of_source else _DESTINATION, 4) + _expression(
        "lookup", attribute(1, name), _number(2, _REGISTER), _number(3, _VERDICT_REGISTER)
    )


@lru_cache(_REMEMBERED)
def one_in(count: int) -> bytes:
    """Match one packet of so many, at random."""
    return _expression("numgen", _number(1, _REGISTER), _number(2, count), _number(3, 1)) + _compare(bytes(4))


def _verdict_data(verdict: Verdict, chain: str) -> bytes:
    return nest(2, _number(1, verdict), *([attribute(2, chain)] if chain else []))


@lru_cache(_REMEMBERED)
def decide(verdict: Verdict, chain: str = "") -> bytes:
    """Accept, drop, return, or jump or go to a chain."""
    return _expression("immediate", _number(1, _VERDICT_REGISTER), nest(2, _verdict_data(verdict, chain)))


def reject() -> bytes:
    """Answer with ICMP "port unreachable", which a caller sees as "connection refused"."""
    return _expression("reject", _number(1, 0), attribute(2, b"\3"))


def reset() -> bytes:
    """Answer a TCP packet with a reset, as a closed port does; `protocol` has to stand before it."""
    return _expression("reject", _number(1, 1), attribute(2, b"\0"))


def _load(data: bytes, register: int) -> bytes:
    return _expression("immediate", _number(1, register), _value(2, data))


@lru_cache(_REMEMBERED)
def translate_destination(ip: str, port: int) -> bytes:
    """Send the connection to this address and port instead."""
    loaded = _load(socket.inet_aton(ip), _REGISTER) + _load(struct.pack(">H", port), _SECOND_WORD)
    registers = (_number(3, _REGISTER), _number(4, _REGISTER), _number(5, _SECOND_WORD), _number(6, _SECOND_WORD))
    return loaded + _expression("nat", _number(1, 1), _number(2, _FAMILY), *registers)


def translate_source(ip: str) -> bytes:
    """Let the connection seem to come from this address."""
    registers = (_number(3, _REGISTER), _number(4, _REGISTER))
    loaded = _load(socket.inet_aton(ip), _REGISTER)
    return loaded + _expression("nat", _number(1, 0), _number(2, _FAMILY), *registers)


@dataclass
class Batch:
    """Changes to one table that take effect together."""

    table: str
    messages: list[Message] = field(default_factory=list)
    _sets: int = 0

    def _add(self, kind: int, flags: int, body: bytes) -> None:
        head = struct.pack(">BBH", _FAMILY, 0, 0)
        self.messages.append(Message(kind | _SUBSYSTEM << 8, flags, head + body))

    def begin_anew(self) -> None:
        """Forget whatever the table holds, if there is one."""
        name = attribute(1, self.table)
        self._add(_NEW_TABLE, CREATE, name)  # deleting what is not there would be an error
        self._add(_DELETE_TABLE, 0, name)
        self._add(_NEW_TABLE, CREATE, name)

    def chain(self, name: str) -> None:
        """Add a chain that others jump to."""
        self._add(_NEW_CHAIN, CREATE, attribute(1, self.table) + attribute(3, name))

    def hook(self, name: str, hook: Hook, priority: int, kind: str = "filter") -> None:
        """Add a chain that packets come to by themselves; what it does not decide is accepted."""
        where = nest(4, _number(1, hook), _number(2, priority))
        policy = _number(5, Verdict.ACCEPT)
        body = attribute(1, self.table) + attribute(3, name) + where + policy + attribute(7, kind)
        self._add(_NEW_CHAIN, CREATE, body)

    def rule(self, chain: str, *expressions: bytes) -> None:
        """Add a rule at a chain's end."""
        body = attribute(1, self.table) + attribute(2, chain) + nest(4, *expressions)
        self._add(_NEW_RULE, CREATE | APPEND, body)

    def addresses(self, name: str, members: Iterable[str]) -> None:
        """Add a set of addresses."""
        self._set(name, 4, 0, b"")
        self._elements(name, [(socket.inet_aton(member), b"") for member in members])

    def pairs(self, name: str, members: Iterable[tuple[str, str]]) -> None:
        """Add a set of (source, destination)."""
        self._set(name, 8, 0, b"")
        self._elements(name, [(socket.inet_aton(a) + socket.inet_aton(b), b"") for a, b in members])

    def jumps(self, name: str, chains: Iterable[tuple[str, str]]) -> None:
        """Add a verdict map: for this address, jump to that chain."""
        self._set(name, 4, _SET_MAP, _number(6, _VERDICT_DATA) + _number(7, 4))
        jump = [(socket.inet_aton(ip), nest(2, _verdict_data(Verdict.JUMP, chain))) for ip, chain in chains]
        self._elements(name, jump)

    def _set(self, name: str, key_length: int, flags: int, data: bytes) -> None:
        self._sets += 1
        names = attribute(1, self.table) + attribute(2, name)
        body = names + _number(3, flags) + _number(4, 0) + _number(5, key_length) + data + _number(10, self._sets)
        self._add(_NEW_SET, CREATE, body)

    def _elements(self, name: str, elements: Sequence[tuple[bytes, bytes]]) -> None:
        for start in range(0, len(elements), _ELEMENTS_A_MESSAGE):
            some = elements[start : start + _ELEMENTS_A_MESSAGE]
            packed = [nest(1, _value(1, key), data) for key, data in some]
            self._add(_NEW_ELEMENTS, CREATE, attribute(1, self.table) + attribute(2, name) + nest(3, *packed))


_ELEMENTS_A_MESSAGE = 500  # an attribute holds at most 64 kB


class PacketFilter:
    """The packet filter of the network namespace in which this object was made."""

    def __init__(self) -> None:
        self._socket = Socket(NETFILTER)

    def commit(self, *batches: Batch) -> None:
        """Make all changes of some batches.

        Raises:
            NetlinkError: the kernel refused one; nothing has changed.

        """
        subsystem = struct.pack(">BBH", 0, 0, _SUBSYSTEM)
        messages = [message for batch in batches for message in batch.messages]
        tables = " and ".join(batch.table for batch in batches)
        self._socket.commit(Message(_BEGIN, 0, subsystem), messages, Message(_END, 0, subsystem), f"rules of {tables}")

    def close(self) -> None:
        """Close the socket; the rules stay."""
        self._socket.close()


def probe() -> None:
    """Try whether this kernel takes rules from us.

    Raises:
        OSError: it does not.

    """
    batch = Batch("probe")
    batch.begin_anew()
    batch.hook("out", Hook.OUTPUT, -100, "nat")
    batch.rule("out", protocol(TCP), port(1), one_in(2), translate_destination("192.0.2.1", 1))
    there = PacketFilter()
    try:
        there.commit(batch)
    finally:
        there.close()
