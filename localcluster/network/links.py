"""Interfaces, addresses and routes: the wires between the cluster and its pods.

Each pod has its /32 on eth0 and a route to the node's address through it; the cluster has a /32 route to each pod.
There is no bridge, so that every packet between pods is forwarded and one netfilter hook sees it.
"""

from __future__ import annotations

import socket
import struct
from ipaddress import IPv4Network

from .addresses import NODE
from .netlink import CREATE, EXCLUSIVE, REPLACE, Message, Socket, attribute, nest

_NEWLINK, _DELLINK, _GETLINK = 16, 17, 18
_IFNAME = 3
_NEWADDR = 20
_NEWROUTE, _DELROUTE = 24, 25
_UP = 1
_SCOPE_LINK, _SCOPE_UNIVERSE = 253, 0
_MAIN, _STATIC, _UNICAST = 254, 4, 1
_VETH_INFO_PEER = 1


def _link(index: int = 0, *, up: bool) -> bytes:
    return struct.pack("=BxHiII", 0, 0, index, _UP if up else 0, _UP)


def link_up(index: int) -> Message:
    """Set an interface up, by index."""
    return Message(_NEWLINK, 0, _link(index, up=True))


def link_delete(name: str) -> Message:
    """Delete an interface, by name; its peer goes with it."""
    return Message(_DELLINK, 0, _link(up=False) + attribute(3, name))


def veth(name: str, peer: str, peer_namespace: int) -> Message:
    """Make a pair of interfaces: one here, its peer in the namespace of a descriptor, still down."""
    other = _link(up=False) + attribute(3, peer) + attribute(28, struct.pack("=I", peer_namespace))
    info = nest(18, attribute(1, "veth"), nest(2, nest(_VETH_INFO_PEER, other)))
    return Message(_NEWLINK, CREATE | EXCLUSIVE, _link(up=True) + attribute(3, name) + info)


def address(index: int, ip: str) -> Message:
    """Give an interface a /32."""
    raw = socket.inet_aton(ip)
    head = struct.pack("=BBBBI", socket.AF_INET, 32, 0, _SCOPE_UNIVERSE, index)
    return Message(_NEWADDR, CREATE | REPLACE, head + attribute(1, raw) + attribute(2, raw))


def route(network: str, index: int, *, gateway: str | None = None, source: str | None = None) -> Message:
    """Route a network (`10.0.0.0/8`) to an interface, over a gateway unless it is on the link itself."""
    where = IPv4Network(network)
    scope = _SCOPE_UNIVERSE if gateway else _SCOPE_LINK
    body = struct.pack(
        "=BBBBBBBBI", socket.AF_INET, where.prefixlen, 0, 0, _MAIN, _STATIC, scope, _UNICAST, 0
    ) + attribute(4, struct.pack("=I", index))
    if where.prefixlen:
        body += attribute(1, where.network_address.packed)
    if gateway:
        body += attribute(5, socket.inet_aton(gateway))
    if source:
        body += attribute(7, socket.inet_aton(source))
    return Message(_NEWROUTE, CREATE | REPLACE, body)


def route_delete(network: str) -> Message:
    """Forget the route to a network."""
    where = IPv4Network(network)
    head = struct.pack("=BBBBBBBBI", socket.AF_INET, where.prefixlen, 0, 0, _MAIN, 0, 255, 0, 0)
    return Message(_DELROUTE, 0, head + attribute(1, where.network_address.packed))


def names(where: Socket) -> dict[str, int]:
    """List the interfaces of a socket's namespace: index by name."""
    found: dict[str, int] = {}
    for body in where.dump(Message(_GETLINK, 0, _link(up=False))):
        (index,) = struct.unpack_from("=i", body, 4)
        found[_name(body[16:])] = index
    return found


def _name(attributes: bytes) -> str:
    while attributes:
        length, kind = struct.unpack_from("=HH", attributes)
        if kind == _IFNAME:
            return attributes[4 : length - 1].decode()
        attributes = attributes[(length + 3) & ~3 :]
    return ""


def wire_pod(outer: Socket, inner: Socket, name: str, namespace: int, ip: str) -> None:
    """Connect a pod's network namespace with the cluster's.

    Args:
        outer: a netlink socket of the cluster's namespace.
        inner: one of the pod's.
        name: of the interface on the cluster's side, at most 15 characters.
        namespace: descriptor of the pod's namespace.
        ip: the pod's address.

    Raises:
        NetlinkError: the kernel refused.

    """
    outer.ask([veth(name, "eth0", namespace)], f"wire {name}")
    here = socket.if_nametoindex(name)
    outer.ask([route(f"{ip}/32", here, source=NODE)], f"route to {ip}")
    there = names(inner)["eth0"]
    steps = [
        link_up(there),
        address(there, ip),
        route(f"{NODE}/32", there),
        route("0.0.0.0/0", there, gateway=NODE, source=ip),
    ]
    inner.ask(steps, f"address {ip}")
