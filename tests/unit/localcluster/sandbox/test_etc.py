"""The files of /etc that differ from container to container."""

from localcluster.sandbox import etc
from localcluster.sandbox.runtime import PodSpec


def pod(**changes) -> PodSpec:
    values = {
        "uid": "u",
        "namespace": "shop",
        "name": "web-0",
        "hostname": "web-0",
        "subdomain": "",
        "ip": "10.244.1.2",
    }
    return PodSpec(**{**values, **changes})


def test_a_pod_without_subdomain_knows_itself_by_its_host_name():
    assert "10.244.1.2\tweb-0\n" in etc.hosts(pod())


def test_a_pod_with_subdomain_knows_its_full_name_first():
    assert "10.244.1.2\tweb-0.web.shop.svc.cluster.local\tweb-0\n" in etc.hosts(pod(subdomain="web"))


def test_extra_hosts_are_appended():
    assert etc.hosts(pod(hosts={"10.1.2.3": "old-till"})).endswith("10.1.2.3\told-till\n")


def test_resolv_conf_has_servers_searches_and_options():
    text = etc.resolv_conf(pod(searches=("shop.svc.cluster.local", "svc.cluster.local")))

    assert text == ("nameserver 10.96.0.10\nsearch shop.svc.cluster.local svc.cluster.local\noptions ndots:5\n")


def test_every_user_has_a_name_and_a_home():
    for uid, home in ((0, "/root"), (101, "/home")):
        entries = [line.split(":") for line in etc.files(pod(), uid, uid)["passwd"].splitlines()]

        assert [entry[5] for entry in entries if entry[2] == str(uid)] == [home]
        assert etc.home(uid) == home


def test_no_user_is_listed_twice():
    ids = [line.split(":")[2] for line in etc.files(pod(), 65534, 65534)["passwd"].splitlines()]

    assert len(ids) == len(set(ids))
