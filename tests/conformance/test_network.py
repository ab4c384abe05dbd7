"""The network: Services, DNS, NetworkPolicy, Ingress."""

import json
import urllib.error
import urllib.request

import pytest

pytestmark = pytest.mark.cluster

# asks the resolver that the pod was given; prints the addresses, or the response code
LOOK_UP = r"""
import socket, struct, sys
name, kind = sys.argv[1], int(sys.argv[2])
server = next(line.split()[1] for line in open("/etc/resolv.conf") if line.startswith("nameserver"))
question = b"".join(bytes([len(part)]) + part.encode() for part in name.rstrip(".").split(".")) + b"\0"
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.settimeout(5)
link.sendto(struct.pack(">6H", 7, 0x100, 1, 0, 0, 0) + question + struct.pack(">2H", kind, 1), (server, 53))
answer = link.recv(4096)
print(["NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN"][answer[3] & 15], struct.unpack(">H", answer[6:8])[0])
"""


@pytest.fixture(scope="module")
def town(namespace, build):
    """Two web pods behind a Service and a headless one, somebody to ask, and a Service that nobody serves."""
    stateful = build.workload("StatefulSet", "web", build.web(), replicas=2, serviceName="headless")
    stateful["spec"]["podManagementPolicy"] = "Parallel"
    namespace.apply(
        stateful,
        build.service("web"),
        build.service("headless", selector={"app": "web"}, clusterIP="None"),
        build.service("nobody"),
        build.pod("asker", labels={"role": "asker"}),
    )
    namespace.run("rollout", "status", "statefulset/web", "--timeout=60s")
    namespace.ready("pod/asker")
    namespace.until(lambda: namespace.ask("asker", "web", 80).startswith("web-"), "the Service")
    return namespace


def test_a_service_spreads_connections_over_its_pods(town):
    def names():
        return {town.ask("asker", "web", 80).split()[0] for _ in range(6)}

    assert town.until(lambda: (seen := names()) == {"web-0", "web-1"} and seen, "both pods") == {"web-0", "web-1"}


def test_a_pod_sees_the_address_of_the_pod_that_asks(town):
    address = town.pod("asker")["status"]["podIP"]

    assert town.ask("asker", "web-0.headless").split()[1] == address
    assert town.ask("asker", "web", 80).split()[1] == address


def test_a_pod_reaches_itself_through_its_service(town):
    seen = town.until(lambda: (told := town.ask("web-0", "web", 80)).startswith("web-0") and told, "itself")

    assert seen.endswith(" /")


def test_a_service_without_pods_refuses_at_once(town):
    """As kube-proxy: not a time-out."""
    assert town.ask("asker", "nobody", 80) == "refused"


def test_a_port_that_the_service_does_not_have_is_not_answered(town):
    assert town.ask("asker", "web", 81) in ("refused", "timeout")


def test_a_pod_that_listens_not_refuses_and_one_that_is_gone_is_unreachable(town, build):
    town.apply(build.pod("goner"))
    town.ready("pod/goner")
    address = town.pod("goner")["status"]["podIP"]
    there = town.ask("asker", address, 9)
    town.run("delete", "pod", "goner")

    assert there == "refused"
    assert not town.ask("asker", address, 9).startswith("refused")


def test_an_unready_pod_gets_no_connections(town, build):
    probe = {"exec": {"command": ["test", "!", "-e", "/tmp/out"]}, "periodSeconds": 1, "failureThreshold": 1}
    town.apply(build.workload("Deployment", "half", build.web(readinessProbe=probe), replicas=2), build.service("half"))
    town.run("rollout", "status", "deployment/half", "--timeout=60s")
    out = town.get("pods", "-l", "app=half")["items"][0]["metadata"]["name"]
    town.sh(out, "touch /tmp/out")
    town.run("wait", "--for=condition=Ready=False", f"pod/{out}", "--timeout=60s")

    def others():
        return out not in {town.ask("asker", "half", 80).split()[0] for _ in range(5)}

    town.until(others, "connections to the other only")
    assert all(others() for _ in range(2))


def test_endpoints_and_slices_name_the_pods(town):
    addresses = {pod["status"]["podIP"] for pod in town.get("pods", "-l", "app=web")["items"]}
    subset = town.get("endpoints", "web")["subsets"][0]
    slices = town.get("endpointslices", "-l", "kubernetes.io/service-name=web")["items"]

    assert {one["ip"] for one in subset["addresses"]} == addresses
    assert subset["ports"][0]["port"] == 8080
    assert {address for one in slices for end in one["endpoints"] for address in end["addresses"]} == addresses


def look_up(kube, name, kind=1):
    return kube.run("exec", "asker", "--", "python3", "-c", LOOK_UP, name, kind).split()


@pytest.mark.parametrize("name", ["web", "web.{ns}", "web.{ns}.svc", "web.{ns}.svc.cluster.local"])
def test_a_service_has_its_names(town, name):
    """Short ones through the search list of /etc/resolv.conf."""
    assert town.ask("asker", name.format(ns=town.namespace), 80).startswith("web-")


def test_a_headless_service_names_its_pods_and_all_of_them(town):
    domain = f"headless.{town.namespace}.svc.cluster.local"

    assert town.ask("asker", "web-1.headless").split()[0] == "web-1"
    assert look_up(town, domain) == ["NOERROR", "2"]
    assert look_up(town, f"web-0.{domain}") == ["NOERROR", "1"]


def test_unknown_names_do_not_exist(town):
    assert look_up(town, f"nothing.{town.namespace}.svc.cluster.local") == ["NXDOMAIN", "0"]
    assert look_up(town, f"web-9.headless.{town.namespace}.svc.cluster.local") == ["NXDOMAIN", "0"]


def test_a_known_name_has_no_ipv6_address(town):
    """NOERROR without an answer: NXDOMAIN would tell the resolver that there is no IPv4 address either."""
    assert look_up(town, f"web.{town.namespace}.svc.cluster.local", 28) == ["NOERROR", "0"]


def test_ports_have_srv_records(town):
    assert look_up(town, f"_http._tcp.web.{town.namespace}.svc.cluster.local", 33)[0] == "NOERROR"


def policy(build, name, selector, **spec):
    return build.of("networking.k8s.io/v1", "NetworkPolicy", name, spec={"podSelector": selector} | spec)


@pytest.fixture
def fenced(town, build):
    """A server, a friend, a stranger; policies are removed after the test."""
    pods = [build.pod(name, labels={"fence": name}) for name in ("friend", "stranger")]
    town.apply(build.pod("server", build.web(), labels={"fence": "server", "app": "server"}), *pods)
    town.ready("pod/server", "pod/friend", "pod/stranger")
    yield town
    town.run("delete", "networkpolicy", "--all")


def reach(kube, who, whom="server", path="/"):
    address = kube.pod(whom)["status"]["podIP"]
    return kube.ask(who, address, path=path).partition(" ")[0]


def test_without_a_policy_everybody_is_let_in(fenced):
    assert [reach(fenced, who) for who in ("friend", "stranger")] == ["server", "server"]


def test_a_policy_lets_in_whom_it_names_and_nobody_else(fenced, build):
    peer = [{"podSelector": {"matchLabels": {"fence": "friend"}}}]
    ingress = [{"from": peer, "ports": [{"port": 8080}]}]
    fenced.apply(policy(build, "only-friends", {"matchLabels": {"fence": "server"}}, ingress=ingress))

    fenced.until(lambda: reach(fenced, "stranger") == "timeout", "the fence")

    assert reach(fenced, "friend") == "server"
    assert reach(fenced, "stranger", "web-0") == "web-0"


def test_a_policy_holds_through_the_service_too(fenced, build):
    fenced.apply(
        build.service("server"),
        policy(build, "nobody-in", {"matchLabels": {"fence": "server"}}, policyTypes=["Ingress"]),
    )

    fenced.until(lambda: fenced.ask("friend", "server", 80) == "timeout", "the fence")


def test_a_policy_limits_ports(fenced, build):
    ingress = [{"ports": [{"port": 9090}]}]
    fenced.apply(policy(build, "other-port", {"matchLabels": {"fence": "server"}}, ingress=ingress))

    fenced.until(lambda: reach(fenced, "friend") == "timeout", "the fence")

    assert fenced.ask("friend", fenced.pod("server")["status"]["podIP"], 9090) == "refused"


def test_a_policy_keeps_pods_from_going_out_but_lets_them_ask_dns_when_told(fenced, build):
    dns = [{"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]}]
    fenced.apply(policy(build, "stay", {"matchLabels": {"fence": "stranger"}}, policyTypes=["Egress"], egress=dns))

    fenced.until(lambda: reach(fenced, "stranger") == "timeout", "the fence")

    resolve = "python3 -c \"import socket; print(socket.gethostbyname('web'))\""
    assert fenced.sh("stranger", resolve) == fenced.get("service", "web")["spec"]["clusterIP"]
    assert reach(fenced, "friend") == "server"


def test_a_policy_chooses_by_namespace(fenced, build):
    other = f"{fenced.namespace}-two"
    fenced.run("create", "namespace", other)
    fenced.until(lambda: fenced.attempt("get", "sa", "default", "-n", other).code == 0, "the account")
    foreigner = build.pod("foreigner", labels={"fence": "friend"})
    fenced.run("apply", "-n", other, "-f", "-", stdin=foreigner)
    fenced.run("wait", "-n", other, "--for=condition=Ready", "pod/foreigner", "--timeout=60s")
    address = fenced.pod("server")["status"]["podIP"]

    def from_abroad():
        words = ("exec", "-n", other, "foreigner", "--", "python3", "-c")
        script = f"import socket; socket.create_connection(('{address}', 8080), timeout=2)"
        return fenced.attempt(*words, script).code == 0

    before = from_abroad()
    inside = [{"from": [{"podSelector": {}}]}]
    fenced.apply(policy(build, "same-namespace", {"matchLabels": {"fence": "server"}}, ingress=inside))
    fenced.until(lambda: not from_abroad(), "the fence")
    near = reach(fenced, "friend")
    named = [{"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": other}}}]}]
    fenced.apply(policy(build, "from-two", {"matchLabels": {"fence": "server"}}, ingress=named))

    fenced.until(from_abroad, "the gate")
    fenced.run("delete", "namespace", other, "--wait=false")
    assert before
    assert near == "server"


def ingress(build, name, *paths, host):
    rules = [
        {"path": path, "pathType": "Prefix", "backend": {"service": {"name": service, "port": {"number": 80}}}}
        for path, service in paths
    ]
    spec = {"ingressClassName": "nginx", "rules": [{"host": host, "http": {"paths": rules}}]}
    return build.of("networking.k8s.io/v1", "Ingress", name, spec=spec)


def through_the_ingress(kube, host, path="/"):
    """Ask from this machine; give the status and the answer."""
    request = urllib.request.Request(kube.cluster.ingress + path, headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError as error:
        return 0, str(error)


def test_an_ingress_leads_to_a_service_by_host_and_path(town, build):
    if not town.cluster.ingress:
        pytest.skip("CONFORMANCE_INGRESS does not say where the ingress controller listens")
    town.apply(
        build.pod("special", build.web(), labels={"app": "special"}),
        build.service("special"),
        ingress(build, "shop", ("/", "web"), ("/special", "special"), host="shop.example"),
    )
    town.ready("pod/special")

    town.until(lambda: through_the_ingress(town, "shop.example")[0] == 200, "the route")
    town.until(lambda: through_the_ingress(town, "shop.example", "/special/a")[1].startswith("special"), "the path")

    assert through_the_ingress(town, "shop.example", "/a?b=c")[1].endswith(" /a?b=c\n")
    assert through_the_ingress(town, "other.example")[0] == 404
    town.until(lambda: town.get("ingress", "shop")["status"]["loadBalancer"].get("ingress"), "its address")


def test_an_ingress_to_nobody_is_503_and_a_deleted_one_404(town, build):
    if not town.cluster.ingress:
        pytest.skip("CONFORMANCE_INGRESS does not say where the ingress controller listens")
    town.apply(ingress(build, "empty", ("/", "nobody"), host="empty.example"))

    town.until(lambda: through_the_ingress(town, "empty.example")[0] == 503, "the route")
    town.run("delete", "ingress", "empty")
    town.until(lambda: through_the_ingress(town, "empty.example")[0] == 404, "no route")


def test_a_leader_service_follows_endpoints_made_by_hand(town, build):
    """So Patroni leads connections to its leader: a Service without selector and its own Endpoints."""
    leader = build.service("leader")
    del leader["spec"]["selector"]
    address = {pod["metadata"]["name"]: pod["status"]["podIP"] for pod in town.get("pods", "-l", "app=web")["items"]}

    def lead(name):
        subsets = [{"addresses": [{"ip": address[name]}], "ports": [{"name": "http", "port": 8080}]}]
        return build.of("v1", "Endpoints", "leader", subsets=subsets)

    town.apply(leader, lead("web-0"))
    town.until(lambda: town.ask("asker", "leader", 80).startswith("web-0"), "the first")
    town.run("patch", "endpoints", "leader", "-p", json.dumps({"subsets": lead("web-1")["subsets"]}))

    town.until(lambda: town.ask("asker", "leader", 80).startswith("web-1"), "the second")
