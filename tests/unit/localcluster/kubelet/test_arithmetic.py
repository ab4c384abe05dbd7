"""Small functions that need no cluster."""

import pytest

from localcluster.kubelet import clock, downward
from localcluster.kubelet.backoff import Backoff
from localcluster.kubelet.expansion import expand
from localcluster.kubelet.names import default_policy, normalise
from localcluster.kubelet.qos import qos_class
from localcluster.kubelet.quantity import in_units, quantity
from localcluster.kubelet.service_env import service_env


def test_restarts_wait_0_10_20_up_to_300_seconds():
    backoff, now, waits = Backoff(), 0.0, []
    for _ in range(8):
        wait = backoff.wait(now, now)
        waits.append(wait)
        now += wait
        backoff.tried(now)

    assert waits == [0, 10, 20, 40, 80, 160, 300, 300]


def test_time_since_the_failure_counts_towards_the_wait():
    backoff = Backoff()
    backoff.tried(0)

    assert backoff.wait(failed=5, now=8) == 7


def test_a_container_that_ran_ten_minutes_is_restarted_at_once():
    backoff = Backoff()
    for moment in (0, 10, 30):
        backoff.tried(moment)

    assert backoff.wait(failed=31, now=31) == 40
    assert backoff.wait(failed=631, now=631) == 0
    backoff.tried(631)
    assert backoff.delay == 10


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$(A)-$(B)", "1-$(B)"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$1"),
        ("$A $( $()", "$A $( $()"),
    ],
)
def test_known_names_are_expanded_and_others_stay(text, expected):
    assert expand(text, {"A": "1"}) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("250m", "0.250"), ("64Mi", "67108864"), ("1k", "1000"), ("2", "2"), ("1e3", "1000"), ("0.5", "0.5")],
)
def test_quantities_are_read(text, expected):
    assert quantity(text) == quantity(expected)
    assert float(quantity(text)) == float(expected)


def test_a_word_is_no_quantity():
    with pytest.raises(ValueError, match="'much' is no quantity"):
        quantity("much")


def test_a_resource_is_rounded_up_to_its_divisor():
    assert in_units("250m", "1") == 1
    assert in_units("250m", "1m") == 250
    assert in_units("65Mi", "64Mi") == 2


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("busybox", "docker.io/library/busybox:latest"),
        ("busybox:1.36", "docker.io/library/busybox:1.36"),
        ("bitnami/redis", "docker.io/bitnami/redis:latest"),
        ("docker.io/nginx", "docker.io/library/nginx:latest"),
        ("index.docker.io/nginx:1", "docker.io/library/nginx:1"),
        ("localhost:5000/x", "localhost:5000/x:latest"),
        ("quay.io/a/b/c:2", "quay.io/a/b/c:2"),
        ("x@sha256:00", "docker.io/library/x@sha256:00"),
    ],
)
def test_image_names_are_completed_as_docker_does(short, full):
    assert normalise(short) == full
    assert normalise(full) == full


def test_only_latest_is_pulled_always():
    assert default_policy("busybox") == "Always"
    assert default_policy("busybox:1") == "IfNotPresent"


def test_service_links_name_host_and_port():
    ports = [{"name": "sql", "port": 5432}, {"name": "api", "port": 8008, "protocol": "TCP"}]
    shop = {"metadata": {"name": "shop-db"}, "spec": {"clusterIP": "10.96.3.4", "ports": ports}}
    headless = {"metadata": {"name": "nodes"}, "spec": {"clusterIP": "None", "ports": ports}}

    env = service_env([shop, headless])

    assert env["SHOP_DB_SERVICE_HOST"] == "10.96.3.4"
    assert env["SHOP_DB_SERVICE_PORT"] == "5432"
    assert env["SHOP_DB_SERVICE_PORT_API"] == "8008"
    assert env["SHOP_DB_PORT_8008_TCP"] == "tcp://10.96.3.4:8008"
    assert env["SHOP_DB_PORT_8008_TCP_ADDR"] == "10.96.3.4"
    assert not [name for name in env if name.startswith("NODES")]


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({}, "BestEffort"),
        ({"requests": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "1000m"}}, "Guaranteed"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}, "Burstable"),
        ({"limits": {"cpu": "1"}}, "Burstable"),
    ],
)
def test_quality_of_service_follows_requests_and_limits(resources, expected):
    assert qos_class({"containers": [{"name": "a", "resources": resources}]}) == expected


POD = {
    "metadata": {"name": "web", "namespace": "shop", "uid": "u", "labels": {"b": 'q"', "a": "1"}},
    "spec": {
        "nodeName": "node-1",
        "containers": [{"name": "c", "resources": {"limits": {"cpu": "250m"}, "requests": {"memory": "64Mi"}}}],
    },
    "status": {"podIP": "10.244.1.2", "hostIP": "169.254.1.1"},
}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("metadata.name", "web"),
        ("metadata.labels['a']", "1"),
        ("metadata.annotations['a']", ""),
        ("metadata.labels", 'a="1"\nb="q\\""'),
        ("spec.serviceAccountName", "default"),
        ("status.podIP", "10.244.1.2"),
    ],
)
def test_the_downward_api_gives_fields(path, expected):
    assert downward.field(POD, path) == expected


def test_the_downward_api_refuses_unknown_fields():
    with pytest.raises(ValueError, match=r"no field 'spec\.colour'"):
        downward.field(POD, "spec.colour")


def test_the_downward_api_gives_resources_and_the_node_s_when_unlimited():
    node = {"cpu": "2", "memory": "1Gi"}

    assert downward.resource(POD, "c", {"resource": "limits.cpu", "divisor": "1m"}, node) == "250"
    assert downward.resource(POD, "c", {"resource": "requests.memory", "divisor": "1Mi"}, node) == "64"
    assert downward.resource(POD, "c", {"resource": "limits.memory"}, node) == str(2**30)


def test_stamps_are_read_with_nanoseconds_and_zones():
    assert clock.seconds("1970-01-01T00:00:01.500000000Z") == 1.5
    assert clock.seconds("1970-01-01T01:00:00+01:00") == 0
