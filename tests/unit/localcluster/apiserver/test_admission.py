import pytest
from apiserver_cluster import pod

from localcluster.client import ApiError


def _refused(call, *args, **kwargs):
    with pytest.raises(ApiError) as caught:
        call(*args, **kwargs)
    return caught.value


def _quota(cluster, **hard):
    cluster.create("resourcequotas", {"metadata": {"name": "small"}, "spec": {"hard": hard}})


def _limits(cluster, **item):
    cluster.create("limitranges", {"metadata": {"name": "bounds"}, "spec": {"limits": [{"type": "Container", **item}]}})


def test_a_namespace_must_be_there(cluster):
    assert _refused(cluster.create, "pods", pod(), namespace="nowhere").code == 404


def test_a_terminating_namespace_takes_nothing_new(cluster):
    cluster.delete("namespaces", "shop", namespace=None)

    error = _refused(cluster.create, "pods", pod())

    assert error.code == 403
    assert "is being terminated" in error.message


def test_a_pod_gets_its_service_account_token(cluster):
    made = cluster.create("pods", pod())

    mount = made["spec"]["containers"][0]["volumeMounts"][0]
    volume = made["spec"]["volumes"][0]
    assert made["spec"]["serviceAccountName"] == "default"
    assert mount["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount"
    assert volume["name"] == mount["name"]
    assert [next(iter(one)) for one in volume["projected"]["sources"]] == [
        "serviceAccountToken",
        "configMap",
        "downwardAPI",
    ]


def test_a_pod_may_do_without_a_token(cluster):
    silent = pod()
    silent["spec"]["automountServiceAccountToken"] = False

    assert "volumes" not in cluster.create("pods", silent)["spec"]


def test_a_service_account_must_be_there(cluster):
    lost = pod()
    lost["spec"]["serviceAccountName"] = "nobody"

    assert 'serviceaccount "nobody" not found' in _refused(cluster.create, "pods", lost).message


def test_a_pod_tolerates_a_lost_node_for_five_minutes(cluster):
    tolerations = cluster.create("pods", pod())["spec"]["tolerations"]

    assert [(one["key"], one["tolerationSeconds"]) for one in tolerations] == [
        ("node.kubernetes.io/not-ready", 300),
        ("node.kubernetes.io/unreachable", 300),
    ]


def test_limit_range_fills_in_what_a_container_does_not_say(cluster):
    _limits(cluster, default={"cpu": "500m"}, defaultRequest={"cpu": "100m"})

    resources = cluster.create("pods", pod(requests={"cpu": "200m"}))["spec"]["containers"][0]["resources"]

    assert resources == {"limits": {"cpu": "500m"}, "requests": {"cpu": "200m"}}


def test_limit_range_refuses_what_is_too_much_and_too_little(cluster):
    _limits(cluster, max={"cpu": "1"}, min={"memory": "64Mi"})

    error = _refused(cluster.create, "pods", pod(limits={"cpu": "2"}, requests={"memory": "32Mi"}))

    assert error.code == 403
    assert "maximum cpu usage per Container is 1, but limit is 2" in error.message
    assert "minimum memory usage per Container is 64Mi, but request is 32Mi" in error.message


def test_a_quota_counts_pods_and_names_what_is_over(cluster):
    _quota(cluster, pods="1")
    cluster.create("pods", pod("a"))

    error = _refused(cluster.create, "pods", pod("b"))

    assert error.message == (
        'pods "b" is forbidden: exceeded quota: small, requested: pods=1, used: pods=1, limited: pods=1'
    )


def test_a_quota_on_compute_obliges_containers_to_state_it(cluster):
    _quota(cluster, **{"requests.cpu": "1"})

    error = _refused(cluster.create, "pods", pod())

    assert "failed quota: small: must specify requests.cpu for: main" in error.message


def test_a_quota_adds_up_requests(cluster):
    _quota(cluster, **{"requests.memory": "100Mi"})
    cluster.create("pods", pod("a", requests={"memory": "64Mi"}))

    error = _refused(cluster.create, "pods", pod("b", requests={"memory": "64Mi"}))

    assert (
        "requested: requests.memory=64Mi, used: requests.memory=64Mi, limited: requests.memory=100Mi" in error.message
    )


def test_a_quotas_status_follows_what_comes_and_goes(cluster):
    _quota(cluster, pods="5", configmaps="10")
    cluster.create("pods", pod("a", node="node-1"))
    used = [cluster.get("resourcequotas", "small")["status"]["used"]]

    cluster.patch("pods", "a", {"status": {"phase": "Failed"}}, subresource="status")
    used.append(cluster.get("resourcequotas", "small")["status"]["used"])

    assert used == [{"pods": "1", "configmaps": "1"}, {"pods": "0", "configmaps": "1"}]


def test_a_refused_object_leaves_no_trace(cluster):
    _quota(cluster, pods="0")
    before = cluster.registry.store.version

    _refused(cluster.create, "pods", pod())

    assert cluster.registry.store.version == before
    assert cluster.names("pods") == []


def test_a_claim_gets_the_default_storage_class(cluster):
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}

    assert (
        cluster.create("persistentvolumeclaims", {"metadata": {"name": "c"}, "spec": spec})["spec"]["storageClassName"]
        == "standard"
    )
