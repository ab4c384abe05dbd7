"""Who may talk to whom."""

from localcluster.network.policies import Allow, Block, Ports, isolation

NAMESPACES = [
    {"metadata": {"name": "shop", "labels": {"kubernetes.io/metadata.name": "shop"}}},
    {"metadata": {"name": "ops", "labels": {"kubernetes.io/metadata.name": "ops", "team": "ops"}}},
    {"metadata": {"name": "kube-system", "labels": {"kubernetes.io/metadata.name": "kube-system"}}},
]
WEB, DB, OPS = "10.244.1.2", "10.244.2.2", "10.244.3.2"


def pod(ip, app, namespace="shop", phase="Running", ports=(), **spec):
    return {
        "metadata": {"namespace": namespace, "name": app, "labels": {"app": app}},
        "spec": {"containers": [{"name": "c", "ports": [*ports]}], **spec},
        "status": {"podIP": ip, "phase": phase},
    }


PODS = [
    pod(WEB, "web", ports=[{"name": "http", "containerPort": 8000}]),
    pod(DB, "db", ports=[{"name": "sql", "containerPort": 5432}]),
    pod(OPS, "probe", "ops", ports=[{"name": "http", "containerPort": 9000}]),
]


def policy(selector=None, namespace="shop", **spec):
    selector = {"matchLabels": {"app": selector}} if selector else {}
    return {"metadata": {"namespace": namespace, "name": "p"}, "spec": {"podSelector": selector, **spec}}


def judge(*policies, pods=PODS):
    return isolation(policies, pods, NAMESPACES)


def test_without_policies_nobody_is_isolated():
    found = judge()

    assert (found.ingress, found.egress) == ({}, {})


def test_default_deny_isolates_the_pods_of_its_namespace_only():
    found = judge(policy(policyTypes=["Ingress", "Egress"]))

    assert found.ingress == {WEB: (), DB: ()}
    assert found.egress == {WEB: (), DB: ()}


def test_without_policy_types_egress_is_free_unless_it_has_rules():
    assert judge(policy(ingress=[])).egress == {}
    assert judge(policy("web", egress=[{}])).egress == {WEB: (Allow(),)}
    assert WEB in judge(policy("web", egress=[{}])).ingress


def test_an_empty_rule_allows_everything():
    assert judge(policy("db", ingress=[{}])).ingress == {DB: (Allow(None, (), None),)}


def test_an_empty_list_of_peers_is_everybody():
    assert judge(policy("db", ingress=[{"from": []}])).ingress == {DB: (Allow(),)}


def test_a_pod_selector_alone_looks_in_the_policy_s_own_namespace():
    rule = {"from": [{"podSelector": {"matchLabels": {"app": "probe"}}}]}

    assert judge(policy("db", ingress=[rule])).ingress == {DB: ()}


def test_a_namespace_selector_alone_takes_all_its_pods():
    rule = {"from": [{"namespaceSelector": {"matchLabels": {"team": "ops"}}}]}

    assert judge(policy("db", ingress=[rule])).ingress == {DB: (Allow((OPS,)),)}


def test_both_selectors_in_one_peer_must_hold_and_in_two_peers_either():
    ops, web = {"namespaceSelector": {"matchLabels": {"team": "ops"}}}, {"podSelector": {"matchLabels": {"app": "web"}}}

    assert judge(policy("db", ingress=[{"from": [{**ops, **web}]}])).ingress == {DB: ()}
    assert judge(policy("db", ingress=[{"from": [ops, web]}])).ingress == {DB: (Allow((WEB, OPS)),)}


def test_policies_add_up():
    one = policy("db", ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}]}])
    two = policy("db", ingress=[{"from": [{"namespaceSelector": {}}], "ports": [{"port": 5432}]}])

    assert set(judge(one, two, policy()).ingress[DB]) == {
        Allow((WEB,)),
        Allow((WEB, DB, OPS, "10.96.0.10"), (), (Ports("TCP", 5432, 5432),)),
    }


def test_blocks_keep_their_exceptions():
    block = {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.96.0.0/16", "10.1.0.0/16"]}}

    assert judge(policy("db", ingress=[{"from": [block]}])).ingress == {
        DB: (Allow((), (Block("10.0.0.0/8", ("10.1.0.0/16", "10.96.0.0/16")),)),)
    }


def test_ports_may_be_ranges_all_of_a_protocol_or_all():
    ports = [{"port": 8000, "endPort": 8010}, {"protocol": "UDP"}, {"port": 53, "protocol": "UDP"}]

    assert judge(policy("db", ingress=[{"ports": ports}])).ingress[DB][0].ports == (
        Ports("TCP", 8000, 8010),
        Ports("UDP", 0, 0),
        Ports("UDP", 53, 53),
    )


def test_a_named_port_of_ingress_is_the_selected_pod_s():
    found = judge(policy(ingress=[{"ports": [{"port": "sql"}]}])).ingress

    assert found == {DB: (Allow(None, (), (Ports("TCP", 5432, 5432),)),), WEB: ()}


def test_a_named_port_of_egress_is_each_peer_s():
    rule = {"to": [{"namespaceSelector": {}}], "ports": [{"port": "http"}]}

    assert set(judge(policy("db", policyTypes=["Egress"], egress=[rule])).egress[DB]) == {
        Allow((WEB,), (), (Ports("TCP", 8000, 8000),)),
        Allow((OPS,), (), (Ports("TCP", 9000, 9000),)),
    }


def test_the_cluster_s_dns_is_found_by_its_usual_labels():
    dns = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}
    rule = {"to": [dns], "ports": [{"port": 53, "protocol": "UDP"}]}

    found = judge(policy("web", policyTypes=["Egress"], egress=[rule])).egress

    assert found == {WEB: (Allow(("10.96.0.10",), (), (Ports("UDP", 53, 53),)),)}


def test_finished_pods_pods_of_the_host_and_pods_without_address_do_not_count():
    others = [pod("10.244.1.9", "web", phase="Succeeded"), pod("169.254.1.1", "web", hostNetwork=True), pod("", "web")]

    assert judge(policy(), pods=others).ingress == {}


def test_the_order_of_objects_does_not_change_the_result():
    one, two = policy("db", ingress=[{}]), policy("db", ingress=[{"ports": [{"port": 1}]}])

    assert judge(one, two) == judge(two, one, pods=PODS[::-1])
