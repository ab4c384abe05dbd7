"""Where connections to Services go."""

from localcluster.network.services import Route, routes


def service(name="web", ip="10.96.1.1", ports=None, **spec):
    ports = ports or [{"port": 80, "targetPort": 8000}]
    return {"metadata": {"namespace": "shop", "name": name}, "spec": {"clusterIP": ip, "ports": ports, **spec}}


def piece(*addresses, name="web", port=8000, port_name="", namespace="shop", **conditions):
    return {
        "metadata": {"namespace": namespace, "name": "x", "labels": {"kubernetes.io/service-name": name}},
        "addressType": "IPv4",
        "ports": [{"name": port_name, "port": port, "protocol": "TCP"}],
        "endpoints": [{"addresses": [ip], "conditions": conditions or {"ready": True}} for ip in addresses],
    }


def test_ready_endpoints_of_all_slices_are_behind_the_service():
    found = routes([service()], [piece("10.244.1.3"), piece("10.244.1.2")])

    assert found == [Route("10.96.1.1", "TCP", 80, (("10.244.1.2", 8000), ("10.244.1.3", 8000)))]


def test_an_endpoint_that_is_not_ready_gets_nothing():
    found = routes([service()], [piece("10.244.1.2"), piece("10.244.1.3", ready=False)])

    assert found[0].backends == (("10.244.1.2", 8000),)


def test_unknown_readiness_counts_as_ready():
    assert routes([service()], [piece("10.244.1.2", serving=True)])[0].backends == (("10.244.1.2", 8000),)


def test_when_all_are_ending_those_that_still_serve_are_used():
    ending = piece("10.244.1.2", ready=False, serving=True, terminating=True)
    silent = piece("10.244.1.3", ready=False, serving=False, terminating=True)

    assert routes([service()], [ending, silent])[0].backends == (("10.244.1.2", 8000),)


def test_a_service_without_endpoints_is_a_route_to_nobody():
    assert routes([service()], []) == [Route("10.96.1.1", "TCP", 80, ())]


def test_ports_are_matched_by_name():
    ports = [{"name": "db", "port": 5432}, {"name": "api", "port": 8008}]
    slices = [piece("10.244.1.2", port=5433, port_name="db"), piece("10.244.1.2", port=9008, port_name="api")]

    found = {route.port: route.backends for route in routes([service(ports=ports)], slices)}

    assert found == {5432: (("10.244.1.2", 5433),), 8008: (("10.244.1.2", 9008),)}


def test_the_same_port_in_two_protocols_is_two_routes():
    ports = [{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53, "protocol": "TCP"}]

    assert [(route.protocol, route.port) for route in routes([service(ports=ports)], [])] == [("TCP", 53), ("UDP", 53)]


def test_headless_services_and_those_the_cluster_answers_itself_have_no_route():
    services = [service(ip="None"), service(ip=""), service(ip="10.96.0.1"), service(ip="10.96.0.10")]

    assert routes([*services, service(type="ExternalName")], [piece("10.244.1.2")]) == []


def test_slices_of_another_namespace_are_not_ours():
    assert routes([service()], [piece("10.244.1.2", namespace="other")])[0].backends == ()
