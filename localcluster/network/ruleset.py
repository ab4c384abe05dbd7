"""Turns routes of Services and leaves of policies into tables of the packet filter.

Three tables: `localcluster` never changes, `localcluster-services` and `localcluster-policies` are written anew, as a
whole, whenever their content does. A policy judges every packet in the direction in which its connection was opened,
not only the first: so a new policy cuts connections that it does not allow. Packets that flow back are let through.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from . import nft
from .addresses import API, DNS, NODE, SERVICES
from .nft import PROTOCOLS, Batch, Hook, Verdict
from .policies import Allow, Isolation, Ports
from .services import Route

_NAT, _FILTER, _REJECT, _SOURCE_NAT = -100, 0, 10, 100  # priorities: translated first, judged, then refused
_ITSELF = "itself"


def base() -> Batch:
    """Follow connections from the first packet on, and refuse what is addressed to no Service.

    Chains and a rule about states keep the kernel's connection tracking on while the other tables come and go.
    """
    batch = Batch("localcluster")
    batch.begin_anew()
    batch.hook("track", Hook.FORWARD, -10)
    batch.rule("track", nft.state(nft.ESTABLISHED), nft.decide(Verdict.ACCEPT))
    for name, hook, priority in (("in", Hook.PREROUTING, _NAT), ("out", Hook.OUTPUT, _NAT)):
        batch.hook(name, hook, priority - 1, "nat")
    batch.hook("refuse", Hook.FORWARD, _REJECT)
    batch.rule("refuse", nft.destination(SERVICES), nft.reject())
    batch.hook("refuse-own", Hook.OUTPUT, _REJECT)
    for address in (API, DNS):
        batch.rule("refuse-own", nft.destination(address), nft.decide(Verdict.ACCEPT))
    # what this machine itself sends gets no ICMP back, as the route to Services leads to its own loopback
    batch.rule("refuse-own", nft.destination(SERVICES), nft.protocol(nft.TCP), nft.reset())
    batch.rule("refuse-own", nft.destination(SERVICES), nft.reject())
    return batch


def services(routes: Sequence[Route]) -> Batch:
    """Translate the addresses of Services, at random among their pods."""
    batch = Batch("localcluster-services")
    batch.begin_anew()
    served = [route for route in routes if route.backends and route.protocol in PROTOCOLS]
    batch.chain("services")
    for number, route in enumerate(served):
        batch.chain(f"s{number}")
        _spread(batch, f"s{number}", route.backends)
    for number, route in enumerate(served):
        wanted = (nft.destination(route.ip), nft.protocol(PROTOCOLS[route.protocol]), nft.port(route.port))
        batch.rule("services", *wanted, nft.decide(Verdict.GOTO, f"s{number}"))
    for name, hook in (("in", Hook.PREROUTING), ("out", Hook.OUTPUT)):
        batch.hook(name, hook, _NAT, "nat")
        batch.rule(name, nft.destination(SERVICES), nft.decide(Verdict.JUMP, "services"))
    _turn_back(batch, served)
    return batch


def _spread(batch: Batch, chain: str, backends: Sequence[tuple[str, int]]) -> None:
    """Give the first one in n, the second one in n - 1 of the rest, and so on: each has the same chance."""
    for left, (ip, port) in zip(range(len(backends), 0, -1), backends, strict=True):
        chosen = nft.one_in(left) if left > 1 else b""
        batch.rule(chain, chosen, nft.translate_destination(ip, port))


def _turn_back(batch: Batch, routes: Iterable[Route]) -> None:
    """Let a pod reach itself through its Service: without another source it would get answers from itself."""
    batch.pairs(_ITSELF, sorted({(ip, ip) for route in routes for ip, _ in route.backends}))
    batch.hook("back", Hook.POSTROUTING, _SOURCE_NAT, "nat")
    batch.rule("back", nft.pair_in_set(_ITSELF), nft.translate_source(NODE))


def policies(isolation: Isolation) -> Batch:
    """Judge packets between pods, and from pods to API server and DNS; the node itself is always let through."""
    batch = Batch("localcluster-policies")
    batch.begin_anew()
    writer = _Leaves(batch)
    outgoing = writer.write("e", isolation.egress, of_source=False)
    incoming = writer.write("i", isolation.ingress, of_source=True)
    batch.jumps("egress", outgoing)
    batch.jumps("ingress", incoming)
    batch.pairs(_ITSELF, [(ip, ip) for ip in sorted({*isolation.ingress, *isolation.egress})])
    batch.hook("between-pods", Hook.FORWARD, _FILTER)
    _pass_replies(batch, "between-pods")
    batch.rule("between-pods", nft.pair_in_set(_ITSELF), nft.decide(Verdict.ACCEPT))
    batch.rule("between-pods", nft.decide_by("egress", of_source=True))
    batch.rule("between-pods", nft.decide_by("ingress", of_source=False))
    batch.hook("to-node", Hook.INPUT, _FILTER)
    _pass_replies(batch, "to-node")
    batch.rule("to-node", nft.destination(NODE), nft.decide(Verdict.ACCEPT))
    batch.rule("to-node", nft.decide_by("egress", of_source=True))
    return batch


def _pass_replies(batch: Batch, chain: str) -> None:
    batch.rule(chain, nft.state(nft.ESTABLISHED), nft.reply(), nft.decide(Verdict.ACCEPT))
    batch.rule(chain, nft.state(nft.RELATED), nft.decide(Verdict.ACCEPT))


@dataclass
class _Leaves:
    """Writes chains for leaves; pods with the same leaves share a chain, leaves with the same peers a set."""

    batch: Batch
    _chains: dict[tuple[str, tuple[Allow, ...]], str] = field(default_factory=dict)
    _sets: dict[tuple[str, ...], str] = field(default_factory=dict)

    def write(self, prefix: str, leaves: Mapping[str, tuple[Allow, ...]], *, of_source: bool) -> list[tuple[str, str]]:
        """Write the chains of one direction; give (pod address, chain)."""
        return [(ip, self._chain(prefix, allowed, of_source=of_source)) for ip, allowed in sorted(leaves.items())]

    def _chain(self, prefix: str, allowed: tuple[Allow, ...], *, of_source: bool) -> str:
        key = (prefix, allowed)
        if key not in self._chains:
            name = self._chains[key] = f"{prefix}{len(self._chains)}"
            self.batch.chain(name)
            for allow in allowed:
                for peers in self._peers(allow, of_source=of_source):
                    for ports in _ports(allow.ports):
                        self.batch.rule(name, peers, ports, nft.decide(Verdict.RETURN))
            self.batch.rule(name, nft.decide(Verdict.DROP))
        return self._chains[key]

    def _peers(self, allow: Allow, *, of_source: bool) -> list[bytes]:
        """Give one match for each way to be a peer; an empty match is everybody."""
        if allow.peers is None:
            return [b""]
        matches = [nft.in_set(self._set(allow.peers), of_source=of_source)] if allow.peers else []
        side = nft.source if of_source else nft.destination
        for block in allow.blocks:
            exceptions = b"".join(side(network, inverted=True) for network in block.exceptions)
            matches.append(side(block.network) + exceptions)
        return matches

    def _set(self, peers: tuple[str, ...]) -> str:
        if peers not in self._sets:
            name = self._sets[peers] = f"p{len(self._sets)}"
            self.batch.addresses(name, peers)
        return self._sets[peers]


def _ports(ports: Sequence[Ports] | None) -> list[bytes]:
    if ports is None:
        return [b""]
    found: list[bytes] = []
    for one in ports:
        number = PROTOCOLS.get(one.protocol)
        if number is not None:
            found.append(nft.protocol(number) + (nft.port(one.first, one.last) if one.first else b""))
    return found
