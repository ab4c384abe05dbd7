import pytest
from apiserver_cluster import deployment, pod

from localcluster.client import ApiError


def _causes(call, *args):
    with pytest.raises(ApiError) as caught:
        call(*args)
    assert caught.value.code == 422
    return [one["field"] for one in caught.value.details["causes"]]


def test_the_server_writes_uid_time_and_version_itself(cluster):
    sent = {"metadata": {"name": "a", "uid": "mine", "resourceVersion": "9"}}

    meta = cluster.create("configmaps", sent)["metadata"]

    assert meta["uid"] != "mine"
    assert meta["creationTimestamp"].endswith("Z")
    assert int(meta["resourceVersion"]) == cluster.registry.store.version


def test_a_generated_name_is_unlike_the_last(cluster):
    names = {cluster.create("pods", {**pod(), "metadata": {"generateName": "web-"}})["metadata"]["name"] for _ in "ab"}

    assert len(names) == 2
    assert all(name.startswith("web-") for name in names)


def test_a_name_can_be_taken_only_once(cluster):
    cluster.create("pods", pod())

    with pytest.raises(ApiError, match='pods "web" already exists') as caught:
        cluster.create("pods", pod())

    assert (caught.value.code, caught.value.reason) == (409, "AlreadyExists")


@pytest.mark.parametrize("name", ["Web", "web_1", "-web", "a" * 254])
def test_a_name_that_dns_does_not_allow_is_refused(cluster, name):
    assert "metadata.name" in _causes(cluster.create, "configmaps", {"metadata": {"name": name}})


def test_generation_counts_changes_of_spec_only(cluster):
    cluster.create("deployments.apps", deployment())
    cluster.patch("deployments.apps", "web", {"metadata": {"labels": {"a": "b"}}})
    cluster.patch("deployments.apps", "web", {"status": {"replicas": 1}}, subresource="status")
    unchanged = cluster.get("deployments.apps", "web")["metadata"]["generation"]

    cluster.patch("deployments.apps", "web", {"spec": {"replicas": 3}})

    assert unchanged == 1
    assert cluster.get("deployments.apps", "web")["metadata"]["generation"] == 2


def test_spec_and_status_are_written_apart(cluster):
    cluster.create("deployments.apps", deployment())

    cluster.patch("deployments.apps", "web", {"spec": {"replicas": 3}, "status": {"replicas": 9}})
    cluster.patch("deployments.apps", "web", {"spec": {"replicas": 5}, "status": {"replicas": 1}}, subresource="status")

    stored = cluster.get("deployments.apps", "web")
    assert stored["spec"]["replicas"] == 3
    assert stored["status"] == {"replicas": 1}


def test_an_update_of_an_old_version_is_a_conflict(cluster):
    old = cluster.create("configmaps", {"metadata": {"name": "a"}})
    cluster.patch("configmaps", "a", {"data": {"k": "1"}})

    with pytest.raises(ApiError) as caught:
        cluster.update("configmaps", old | {"data": {"k": "2"}})

    assert caught.value.code == 409


def test_a_status_write_may_carry_labels_and_annotations(cluster):
    cluster.create("deployments.apps", deployment())

    change = {"metadata": {"labels": {"a": "1"}, "annotations": {"b": "2"}}, "status": {"replicas": 1}}
    cluster.patch("deployments.apps", "web", change, subresource="status")

    meta = cluster.get("deployments.apps", "web")["metadata"]
    assert (meta["labels"], meta["annotations"]) == ({"a": "1"}, {"b": "2"})


def test_a_selector_never_changes(cluster):
    cluster.create("deployments.apps", deployment())
    labels = {"template": {"metadata": {"labels": {"app": "x"}}}}

    change = {"spec": {"selector": {"matchLabels": {"app": "x"}}} | labels}

    assert "spec.selector" in _causes(cluster.patch, "deployments.apps", "web", change)


def test_the_scheduler_may_bind_a_pod_once(cluster):
    cluster.create("pods", pod())
    cluster.patch("pods", "web", {"spec": {"nodeName": "node-1"}})

    assert _causes(cluster.patch, "pods", "web", {"spec": {"nodeName": "node-2"}}) == ["spec"]


def test_a_pods_image_may_change_and_its_command_may_not(cluster):
    cluster.create("pods", pod())
    made = cluster.get("pods", "web")
    made["spec"]["containers"][0]["image"] = "shop/web:2"
    cluster.update("pods", made)
    made = cluster.get("pods", "web")
    made["spec"]["containers"][0]["command"] = ["sh"]

    assert _causes(cluster.update, "pods", made) == ["spec"]


def test_a_mount_needs_its_volume(cluster):
    lost = pod()
    lost["spec"]["containers"][0]["volumeMounts"] = [{"name": "data", "mountPath": "/data"}]

    assert _causes(cluster.create, "pods", lost) == ["spec.containers[0].volumeMounts[0].name"]


def test_a_template_must_match_its_selector(cluster):
    wrong = deployment()
    wrong["spec"]["template"]["metadata"]["labels"] = {"app": "other"}

    assert _causes(cluster.create, "deployments.apps", wrong) == ["spec.template.metadata.labels"]


def test_services_get_addresses_that_nobody_else_has(cluster):
    specs = [{"ports": [{"port": 80}]}, {"ports": [{"port": 80}]}, {"clusterIP": "None", "ports": [{"port": 80}]}]

    made = [cluster.create("services", {"metadata": {"name": f"s{n}"}, "spec": spec}) for n, spec in enumerate(specs)]

    addresses = [one["spec"]["clusterIP"] for one in made]
    assert addresses[2] == "None"
    assert addresses[0] != addresses[1]
    assert all(one.startswith("10.96.") for one in addresses[:2])


def test_an_address_that_is_taken_is_refused(cluster):
    spec = {"clusterIP": "10.96.0.1", "ports": [{"port": 80}]}

    assert _causes(cluster.create, "services", {"metadata": {"name": "s"}, "spec": spec}) == ["spec.clusterIPs"]


def test_a_load_balancer_is_refused_and_not_ignored(cluster):
    spec = {"type": "LoadBalancer", "ports": [{"port": 80}]}

    assert _causes(cluster.create, "services", {"metadata": {"name": "s"}, "spec": spec}) == ["spec.type"]


def test_secret_text_is_encoded(cluster):
    made = cluster.create("secrets", {"metadata": {"name": "s"}, "stringData": {"a": "b"}})

    assert made["data"] == {"a": "Yg=="}
    assert "stringData" not in made


def test_every_namespace_has_an_account_and_the_ca(cluster):
    assert cluster.get("configmaps", "kube-root-ca.crt")["data"]["ca.crt"] == "the CA"
    assert cluster.get("serviceaccounts", "default")["metadata"]["name"] == "default"


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("spec.nodeName=node-1", ["a"]),
        ("spec.nodeName=", ["b"]),
        ("status.phase=Pending,metadata.name!=a", ["b"]),
        ("metadata.namespace=shop", ["a", "b"]),
    ],
)
def test_field_selectors_find_pods(cluster, selector, expected):
    cluster.create("pods", pod("a", node="node-1"))
    cluster.create("pods", pod("b"))

    assert cluster.names("pods", fields=selector) == expected


def test_an_unknown_field_selector_is_refused(cluster):
    with pytest.raises(ApiError, match=r"field label not supported: spec\.colour"):
        cluster.names("pods", fields="spec.colour=red")
