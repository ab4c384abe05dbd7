"""The cluster's DNS: Services and their endpoints under `cluster.local`, nothing of the world outside."""

import asyncio
import logging
import random
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import IPv4Address
from typing import Any, cast

import dnslib

from localcluster.client import Client, Obj
from localcluster.informer import Informer

log = logging.getLogger(__name__)
_ZONE = ("cluster", "local")
_TTL = 5  # seconds; a client must not believe in a dead pod for long
_PLAIN_UDP = 512  # bytes that fit in an answer unless the question says otherwise
_IDLE = 30.0  # seconds until a silent TCP connection is closed
_NO_ERROR, _NO_NAME, _NOT_IMPLEMENTED = 0, 3, 4
_SLICES, _SERVICE_NAME = "endpointslices.discovery.k8s.io", "kubernetes.io/service-name"
Key = tuple[str, str]
Labels = tuple[str, ...]


async def serve(client: Client, host: str, port: int = 53) -> None:
    """Answer on UDP and TCP until cancelled; raises OSError when the address cannot be had."""
    zone = Zone(client)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Datagrams(zone), local_addr=(host, port))
    try:
        server = await asyncio.start_server(lambda reader, writer: _stream(zone, reader, writer), host, port)
        async with server, asyncio.TaskGroup() as tasks:
            for informer in zone.informers:
                tasks.create_task(informer.run())
    finally:
        transport.close()


class Zone:
    """What is known under cluster.local; answers are made from the caches, without waiting."""

    def __init__(self, client: Client) -> None:
        self._services = Informer(client, "services")
        slices = Informer(client, _SLICES)
        self.informers = (self._services, slices)
        self._slices: dict[Key, dict[str, Obj]] = {}
        slices.subscribe(self._slice_changed)

    def answer(self, request: Any) -> Any:
        """Answer a parsed question."""
        reply = request.reply(ra=1, aa=1)
        question = request.q
        labels = tuple(label.decode(errors="replace").lower() for label in question.qname.label)
        if request.header.opcode != 0:
            reply.header.rcode = _NOT_IMPLEMENTED
            return reply
        if labels[-2:] != _ZONE:
            reply.header.rcode = _NO_NAME
            return reply
        records = self._records(question.qname, labels[:-2])
        if records is None:
            reply.header.rcode = _NO_NAME
        direct = [one for one in records or () if one.rname == question.qname]
        for record in direct:
            if record.rtype in (question.qtype, dnslib.QTYPE.CNAME) or question.qtype == dnslib.QTYPE.ANY:
                reply.add_answer(record)
        if question.qtype == dnslib.QTYPE.SRV:
            for record in records or ():
                if record not in direct:
                    reply.add_ar(record)
        if not reply.rr:
            reply.add_auth(_authority())
        return reply

    def _records(self, name: Any, labels: Labels) -> list[Any] | None:
        """Give all records of a name below cluster.local; [] when it only has names below it, None when unknown."""
        match labels:
            case () | ("svc",) | ("pod",):
                return []
            case (namespace, "svc"):
                known = any(service["metadata"]["namespace"] == namespace for service in self._services.items())
                return [] if known else None
            case (address, _, "pod"):
                return _address_of(name, address.replace("-", "."))
            case (*rest, service, namespace, "svc"):
                found = self._services.get(namespace, service)
                return None if found is None else self._of_service(name, found, tuple(rest))
        return None

    def _of_service(self, name: Any, service: Obj, rest: Labels) -> list[Any] | None:
        spec = service["spec"]
        if spec.get("type") == "ExternalName":
            target = dnslib.CNAME(spec["externalName"])
            return [dnslib.RR(name, dnslib.QTYPE.CNAME, ttl=_TTL, rdata=target)] if not rest else None
        headless = spec.get("clusterIP") in (None, "", "None")
        match rest:
            case ():
                ips = [end["addresses"][0] for end, _ in self._ends(service)] if headless else [spec["clusterIP"]]
                return _a_records(name, _shuffled(ips))
            case (port, protocol) if port.startswith("_") and protocol.startswith("_"):
                return self._srv(name, service, (port[1:], protocol[1:]), headless=headless)
            case (host,) if headless:
                return _a_records(name, [end["addresses"][0] for end, _ in self._ends(service) if _host(end) == host])
        return None

    def _srv(self, name: Any, service: Obj, wanted: Key, *, headless: bool) -> list[Any] | None:
        """Give SRV records of a named port, and the A records of their targets."""
        meta = service["metadata"]
        base = f"{meta['name']}.{meta['namespace']}.svc.cluster.local"
        targets: list[tuple[str, int, str]] = []
        if headless:
            for end, ports in self._ends(service):
                numbers = [port["port"] for port in ports if _is_port(port, wanted)]
                targets += [(f"{_host(end)}.{base}", number, end["addresses"][0]) for number in numbers]
        else:
            numbers = [port["port"] for port in service["spec"].get("ports") or () if _is_port(port, wanted)]
            targets = [(base, number, service["spec"]["clusterIP"]) for number in numbers]
        if not targets:
            return None
        srv = [
            dnslib.RR(name, dnslib.QTYPE.SRV, ttl=_TTL, rdata=dnslib.SRV(0, 100 // len(targets), port, target))
            for target, port, _ in targets
        ]
        return srv + [record for target, _, ip in targets for record in _a_records(target, [ip]) or ()]

    def _ends(self, service: Obj) -> list[tuple[Obj, list[Obj]]]:
        """Give the ready endpoints of a Service with their ports (publishNotReadyAddresses makes all ready)."""
        key = (service["metadata"]["namespace"], service["metadata"]["name"])
        return [
            (end, one.get("ports") or [])
            for one in self._slices.get(key, {}).values()
            for end in one.get("endpoints") or ()
            if (end.get("conditions") or {}).get("ready") is not False
        ]

    def _slice_changed(self, kind: str, old: Obj | None, new: Obj | None) -> None:
        for obj, gone in ((old, True), (new, kind == "DELETED")):
            service = ((obj or {"metadata": {}})["metadata"].get("labels") or {}).get(_SERVICE_NAME)
            if obj is None or not service:
                continue
            known = self._slices.setdefault((obj["metadata"]["namespace"], service), {})
            if gone:
                known.pop(obj["metadata"]["name"], None)
            else:
                known[obj["metadata"]["name"]] = obj


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # the selector loop's datagram transport does not inherit from the class it implements
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        packed = _reply_to(self._zone, data, limited=True)
        if packed is not None and self._transport is not None:
            self._transport.sendto(packed, addr)


async def _stream(zone: Zone, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(asyncio.IncompleteReadError, TimeoutError, ConnectionError):
        while True:
            async with asyncio.timeout(_IDLE):
                length = int.from_bytes(await reader.readexactly(2), "big")
                data = await reader.readexactly(length)
            packed = _reply_to(zone, data, limited=False)
            if packed is None:
                break
            writer.write(len(packed).to_bytes(2, "big") + packed)
            await writer.drain()
    writer.close()


def _reply_to(zone: Zone, data: bytes, *, limited: bool) -> bytes | None:
    """Give the answer's bytes; None for what is no question."""
    try:
        request = dnslib.DNSRecord.parse(data)
        if request.header.qr or not request.questions:
            return None
        reply = zone.answer(request)
    except dnslib.DNSError:
        return None
    except Exception:
        log.exception("a question could not be answered")
        return None
    packed: bytes = reply.pack()
    sizes = [one.rclass for one in request.ar if one.rtype == dnslib.QTYPE.OPT]
    if limited and len(packed) > max([_PLAIN_UDP, *sizes]):
        packed = reply.truncate().pack()
    return packed


def _a_records(name: Any, ips: Iterable[str]) -> list[Any] | None:
    """Give A records, or None (no such name) when there is no address."""
    return [dnslib.RR(name, dnslib.QTYPE.A, ttl=_TTL, rdata=dnslib.A(ip)) for ip in ips] or None


def _address_of(name: Any, text: str) -> list[Any] | None:
    try:
        return _a_records(name, [str(IPv4Address(text))])
    except ValueError:
        return None


def _authority() -> Any:
    times = (1, 7200, 1800, 86400, _TTL)
    soa = dnslib.SOA("ns.dns.cluster.local", "hostmaster.cluster.local", times)
    return dnslib.RR("cluster.local", dnslib.QTYPE.SOA, ttl=_TTL, rdata=soa)


def _host(end: Obj) -> str:
    return str(end.get("hostname") or end["addresses"][0].replace(".", "-")).lower()


def _is_port(port: Obj, wanted: Key) -> bool:
    return (port.get("name") or "", port.get("protocol", "TCP").lower()) == wanted


def _shuffled(ips: list[str]) -> list[str]:
    return random.sample(ips, len(ips))
