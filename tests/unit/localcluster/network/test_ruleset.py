"""Rules in a real kernel: three network namespaces, and connections that pass, are refused or get no answer."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[4]
_PRELUDE = """
import os, socket, sys, threading
from localcluster.launcher import isolation
from localcluster.network import links, nft, node, ruleset
from localcluster.network.netlink import ROUTE, Socket
from localcluster.network.policies import Allow, Block, Isolation, Ports
from localcluster.network.services import Route
from localcluster.sandbox import syscalls

isolation.isolate()
if pid := os.fork():
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
isolation.renew_proc()
node.set_up()
own = lambda: os.open("/proc/thread-self/ns/net", os.O_RDONLY)
OUTER, ROUTES, FILTER = own(), Socket(ROUTE), nft.PacketFilter()
FILTER.commit(ruleset.base())
IPS = ["10.244.1.2", "10.244.2.2", "10.244.3.2"]
NAMESPACES = []
for number, ip in enumerate(IPS):
    syscalls.unshare(syscalls.CLONE_NEWNET)
    NAMESPACES.append(own())
    inner = Socket(ROUTE)
    inner.ask([links.link_up(1)], "lo")
    syscalls.setns(OUTER)
    links.wire_pod(ROUTES, inner, f"v{number}", NAMESPACES[number], ip)

def inside(number, make):
    syscalls.setns(OUTER if number is None else NAMESPACES[number])
    try:
        return make()
    finally:
        syscalls.setns(OUTER)

def answer(server, name):
    while True:
        client, peer = server.accept()
        KEPT.append(client)
        client.sendall(f"{name} {peer[0]}".encode())

KEPT = []
for number in range(3):
    server = inside(number, lambda: socket.create_server(("0.0.0.0", 80)))
    threading.Thread(target=answer, args=(server, number), daemon=True).start()

def call(number, ip, port=80):
    client = inside(number, socket.socket)
    client.settimeout(1)  # a busy machine takes its time
    try:
        client.connect((ip, port))
        return client.recv(99).decode()
    except TimeoutError:
        return "silence"
    except ConnectionRefusedError:
        return "refused"
    except OSError as error:
        return f"errno {error.errno}"

def expect(seen, wanted):
    assert seen == wanted, (seen, wanted)
"""


@pytest.fixture
def world():
    """Run a program with three pods that serve on port 80: `call(pod or None, ip, port)` says who answered."""

    def run(program: str) -> None:
        env = {**os.environ, "PYTHONPATH": str(_ROOT)}
        argv = [sys.executable, "-c", f"{_PRELUDE}\n{program}\nos._exit(0)"]
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60, check=False)
        if "does not let user" in done.stderr:
            pytest.skip("this machine forbids namespaces to this user")
        assert done.returncode == 0, done.stderr[-4000:]

    return run


def test_pods_see_each_other_s_own_address_and_the_node_sees_them(world):
    world("""
expect(call(0, IPS[1]), "1 10.244.1.2")
expect(call(None, IPS[1]), "1 169.254.1.1")
expect(call(0, IPS[0]), "0 10.244.1.2")
""")


def test_nothing_leaves_the_cluster(world):
    world("""
expect(call(0, "192.0.2.1"), "errno 101")
expect(call(None, "192.0.2.1"), "errno 101")
""")


def test_a_service_spreads_connections_over_all_its_pods(world):
    world("""
FILTER.commit(ruleset.services([Route("10.96.1.1", "TCP", 8080, tuple((ip, 80) for ip in IPS[1:]))]))
expect({call(0, "10.96.1.1", 8080) for _ in range(40)}, {"1 10.244.1.2", "2 10.244.1.2"})
expect({call(None, "10.96.1.1", 8080) for _ in range(40)}, {"1 169.254.1.1", "2 169.254.1.1"})
""")


def test_a_pod_reaches_itself_through_its_service(world):
    world("""
FILTER.commit(ruleset.services([Route("10.96.1.1", "TCP", 80, ((IPS[0], 80),))]))
expect(call(0, "10.96.1.1"), "0 169.254.1.1")
""")


def test_services_without_pods_unknown_ports_and_unknown_addresses_refuse(world):
    world("""
FILTER.commit(ruleset.services([Route("10.96.1.1", "TCP", 80, ()), Route("10.96.1.2", "TCP", 80, ((IPS[1], 80),))]))
for caller in (0, None):
    expect([call(caller, *where) for where in (("10.96.1.1",), ("10.96.1.2", 81), ("10.96.9.9",))], ["refused"] * 3)
""")


def test_udp_services_work(world):
    world("""
FILTER.commit(ruleset.services([Route("10.96.1.1", "UDP", 53, ((IPS[1], 5353),))]))
server = inside(1, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
server.bind(("0.0.0.0", 5353))
client = inside(0, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
client.settimeout(2)
client.connect(("10.96.1.1", 53))
client.send(b"who")
asked, peer = server.recvfrom(99)
server.sendto(b"me", peer)
expect((asked, peer[0], client.recv(99)), (b"who", "10.244.1.2", b"me"))
""")


def test_denied_ingress_is_silence_for_pods_but_not_for_the_node(world):
    world("""
FILTER.commit(ruleset.policies(Isolation({IPS[1]: ()}, {})))
expect(call(0, IPS[1]), "silence")
expect(call(None, IPS[1]), "1 169.254.1.1")
expect(call(1, IPS[0]), "0 10.244.2.2")
""")


def test_allowed_peers_on_allowed_ports_pass_and_nobody_else(world):
    world("""
leave = Allow((IPS[0],), (), (Ports("TCP", 70, 90),))
FILTER.commit(ruleset.policies(Isolation({IPS[1]: (leave,)}, {})))
expect((call(0, IPS[1]), call(2, IPS[1])), ("1 10.244.1.2", "silence"))
FILTER.commit(ruleset.policies(Isolation({IPS[1]: (Allow((IPS[0],), (), (Ports("TCP", 81, 90),)),)}, {})))
expect(call(0, IPS[1]), "silence")
FILTER.commit(ruleset.policies(Isolation({IPS[1]: (Allow((IPS[0],), (), (Ports("UDP"),)),)}, {})))
expect(call(0, IPS[1]), "silence")
FILTER.commit(ruleset.policies(Isolation({IPS[1]: (Allow((IPS[0],), (), (Ports("TCP"),)),)}, {})))
expect(call(0, IPS[1]), "1 10.244.1.2")
""")


def test_a_block_passes_but_for_its_exceptions(world):
    world("""
leave = Allow((), (Block("10.244.0.0/16", ("10.244.3.0/24",)),))
FILTER.commit(ruleset.policies(Isolation({IPS[1]: (leave,)}, {})))
expect((call(0, IPS[1]), call(2, IPS[1])), ("1 10.244.1.2", "silence"))
""")


def test_a_connection_needs_the_leave_of_both_ends(world):
    world("""
to, of = (Allow((IPS[1],)),), (Allow((IPS[0],)),)
for egress, ingress, seen in ((to, of, "1 10.244.1.2"), (to, (), "silence"), ((), of, "silence"), ((), (), "silence")):
    FILTER.commit(ruleset.policies(Isolation({IPS[1]: ingress}, {IPS[0]: egress})))
    expect((egress, ingress, call(0, IPS[1])), (egress, ingress, seen))
""")


def test_egress_is_judged_for_the_pod_behind_the_service(world):
    world("""
FILTER.commit(ruleset.services([Route("10.96.1.1", "TCP", 8080, ((IPS[1], 80),))]))
FILTER.commit(ruleset.policies(Isolation({}, {IPS[0]: (Allow((IPS[1],), (), (Ports("TCP", 80, 80),)),)})))
expect((call(0, "10.96.1.1", 8080), call(0, IPS[2])), ("1 10.244.1.2", "silence"))
FILTER.commit(ruleset.policies(Isolation({}, {IPS[0]: (Allow((IPS[1],), (), (Ports("TCP", 8080, 8080),)),)})))
expect(call(0, "10.96.1.1", 8080), "silence")
""")


def test_api_and_dns_are_subject_to_egress_and_the_node_is_not(world):
    world("""
FILTER.commit(ruleset.policies(Isolation({}, {IPS[0]: ()})))
expect((call(0, "10.96.0.1", 443), call(0, "10.96.0.10", 53)), ("silence", "silence"))
expect(call(0, "169.254.1.1", 9), "refused")
FILTER.commit(ruleset.policies(Isolation({}, {IPS[0]: (Allow(None, (), (Ports("TCP", 443, 443),)),)})))
expect((call(0, "10.96.0.1", 443), call(0, "10.96.0.10", 53)), ("refused", "silence"))
""")


def test_an_open_connection_goes_on_when_rules_are_written_anew_and_is_cut_by_a_deny(world):
    world("""
route = Route("10.96.1.1", "TCP", 80, ((IPS[1], 80),))
FILTER.commit(ruleset.services([route]))
client = inside(0, socket.socket)
client.settimeout(5)
client.connect(("10.96.1.1", 80))
client.recv(99)
(served,) = KEPT
served.settimeout(0.3)

more = Route("10.96.1.2", "TCP", 80, ())
FILTER.commit(ruleset.services([route, more]), ruleset.policies(Isolation({IPS[1]: (Allow((IPS[0],)),)}, {})))
client.send(b"on")
expect(served.recv(99), b"on")

FILTER.commit(ruleset.policies(Isolation({IPS[1]: ()}, {})))
client.send(b"cut")
try:
    raise AssertionError(served.recv(99))
except TimeoutError:
    pass
""")


def test_a_batch_with_an_error_changes_nothing(world):
    world("""
FILTER.commit(ruleset.policies(Isolation({IPS[1]: ()}, {})))
broken = nft.Batch("localcluster-policies")
broken.begin_anew()
broken.rule("no-such-chain", nft.decide(nft.Verdict.ACCEPT))
try:
    FILTER.commit(broken)
except OSError as error:
    assert error.index == 3, error
else:
    raise AssertionError("the kernel took a rule for a chain that is not there")
expect(call(0, IPS[1]), "silence")
FILTER.commit(ruleset.policies(Isolation({}, {})))
expect(call(0, IPS[1]), "1 10.244.1.2")
""")
