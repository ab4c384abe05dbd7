"""DNS answers, asked over real sockets."""

import asyncio
import contextlib
import socket

import dnslib
import pytest

from localcluster import dns
from localcluster.apiserver.bootstrap import bootstrap
from localcluster.apiserver.local import LocalClient
from localcluster.apiserver.registry import Registry

PORTS = [{"name": "sql", "port": 5432, "protocol": "TCP"}]
ENDS = [
    {"addresses": ["10.244.1.1"], "hostname": "db-0", "conditions": {"ready": True}},
    {"addresses": ["10.244.1.2"], "hostname": "db-1", "conditions": {"ready": True}},
    {"addresses": ["10.244.1.3"], "hostname": "db-2", "conditions": {"ready": False}},
]


async def _fill(client):
    await client.create("namespaces", {"metadata": {"name": "shop"}})
    for name, spec in {
        "web": {"clusterIP": "10.96.3.3", "ports": [{"name": "http", "port": 80}]},
        "db": {"clusterIP": "None", "ports": PORTS},
        "far": {"type": "ExternalName", "externalName": "example.org"},
    }.items():
        await client.create("services", {"metadata": {"name": name, "namespace": "shop"}, "spec": spec})
    meta = {"name": "db-x", "namespace": "shop", "labels": {"kubernetes.io/service-name": "db"}}
    slice_ = {"metadata": meta, "addressType": "IPv4", "endpoints": ENDS, "ports": PORTS}
    await client.create("endpointslices.discovery.k8s.io", slice_)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def ask():
    def run(name: str, kind: str = "A", *, tcp: bool = False):
        async def whole():
            registry = Registry()
            bootstrap(registry, "PEM", endpoint="10.96.0.1", port=443)
            client = LocalClient(registry)
            await _fill(client)
            port = _free_port()
            task = asyncio.ensure_future(dns.serve(client, "127.0.0.1", port))
            await asyncio.sleep(0.05)
            try:
                question = dnslib.DNSRecord.question(name, kind)
                data = await asyncio.to_thread(question.send, "127.0.0.1", port, tcp, 2)
            finally:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            return dnslib.DNSRecord.parse(data)

        return asyncio.run(whole())

    return run


def _values(reply):
    return sorted(str(one.rdata) for one in reply.rr)


CASES = [
    ("web.shop.svc.cluster.local", "A", 0, ["10.96.3.3"]),
    ("WEB.Shop.svc.cluster.local", "A", 0, ["10.96.3.3"]),
    ("kubernetes.default.svc.cluster.local", "A", 0, ["10.96.0.1"]),
    ("db.shop.svc.cluster.local", "A", 0, ["10.244.1.1", "10.244.1.2"]),
    ("db-1.db.shop.svc.cluster.local", "A", 0, ["10.244.1.2"]),
    ("db-2.db.shop.svc.cluster.local", "A", 3, []),
    ("_http._tcp.web.shop.svc.cluster.local", "SRV", 0, ["0 100 80 web.shop.svc.cluster.local."]),
    ("far.shop.svc.cluster.local", "A", 0, ["example.org."]),
    ("10-244-1-9.shop.pod.cluster.local", "A", 0, ["10.244.1.9"]),
    ("web.shop.svc.cluster.local", "AAAA", 0, []),
    ("shop.svc.cluster.local", "A", 0, []),
    ("web.nowhere.svc.cluster.local", "A", 3, []),
    ("nothing.shop.svc.cluster.local", "AAAA", 3, []),
    ("example.org", "A", 3, []),
    ("web.shop", "A", 3, []),
]


@pytest.mark.parametrize(("name", "kind", "code", "values"), CASES, ids=[f"{name} {kind}" for name, kind, *_ in CASES])
def test_a_name_has_the_right_answer(ask, name, kind, code, values):
    reply = ask(name, kind)
    assert (reply.header.rcode, _values(reply)) == (code, values)
    assert all(one.ttl <= 5 for one in reply.rr)


def test_srv_of_a_headless_service_names_each_ready_pod(ask):
    reply = ask("_sql._tcp.db.shop.svc.cluster.local", "SRV")
    assert _values(reply) == [f"0 50 5432 db-{n}.db.shop.svc.cluster.local." for n in (0, 1)]
    assert sorted(str(one.rdata) for one in reply.ar) == ["10.244.1.1", "10.244.1.2"]


def test_tcp_answers_like_udp(ask):
    assert _values(ask("web.shop.svc.cluster.local", tcp=True)) == ["10.96.3.3"]


def test_a_name_without_the_asked_type_has_an_authority(ask):
    assert [one.rtype for one in ask("web.shop.svc.cluster.local", "AAAA").auth] == [dnslib.QTYPE.SOA]
