import pytest
from apiserver_cluster import pod

from localcluster.client import ApiError


def test_a_pod_on_a_node_waits_for_its_kubelet(cluster):
    cluster.create("pods", pod(node="node-1"))

    cluster.delete("pods", "web", grace=5)

    meta = cluster.get("pods", "web")["metadata"]
    assert meta["deletionGracePeriodSeconds"] == 5
    assert "deletionTimestamp" in meta


def test_a_pod_without_a_node_goes_at_once(cluster):
    cluster.create("pods", pod())

    cluster.delete("pods", "web")

    assert cluster.names("pods") == []


def test_the_kubelets_last_word_removes_the_pod_and_only_that_pod(cluster):
    made = cluster.create("pods", pod(node="node-1"))
    cluster.delete("pods", "web")

    with pytest.raises(ApiError) as caught:
        cluster.delete("pods", "web", grace=0, uid="another")
    cluster.delete("pods", "web", grace=0, uid=made["metadata"]["uid"])

    assert caught.value.code == 409
    assert cluster.names("pods") == []


def test_a_second_delete_may_shorten_the_grace_but_not_lengthen_it(cluster):
    cluster.create("pods", pod(node="node-1"))
    cluster.delete("pods", "web", grace=20)

    cluster.delete("pods", "web", grace=60)
    kept = cluster.get("pods", "web")["metadata"]["deletionGracePeriodSeconds"]
    cluster.delete("pods", "web", grace=3)

    assert kept == 20
    assert cluster.get("pods", "web")["metadata"]["deletionGracePeriodSeconds"] == 3


def test_an_object_goes_when_its_last_finalizer_does(cluster):
    cluster.create("configmaps", {"metadata": {"name": "a", "finalizers": ["example.org/hold"]}})
    cluster.delete("configmaps", "a")
    held = cluster.names("configmaps")

    cluster.patch("configmaps", "a", {"metadata": {"finalizers": None}})

    assert "a" in held
    assert "a" not in cluster.names("configmaps")


def test_foreground_deletion_leaves_a_finalizer_for_the_garbage_collector(cluster):
    cluster.create("configmaps", {"metadata": {"name": "a"}})

    cluster.delete("configmaps", "a", propagation="Foreground")

    assert cluster.get("configmaps", "a")["metadata"]["finalizers"] == ["foregroundDeletion"]


def test_a_namespace_goes_when_it_is_finalized(cluster):
    from localcluster.apiserver.registry import Options

    cluster.delete("namespaces", "shop", namespace=None)
    phase = cluster.get("namespaces", "shop", None)["status"]["phase"]

    cluster.registry.finalize("shop", {"spec": {"finalizers": []}}, Options())

    assert phase == "Terminating"
    with pytest.raises(ApiError):
        cluster.get("namespaces", "shop", None)


def test_a_dry_run_deletes_nothing(cluster):
    cluster.create("configmaps", {"metadata": {"name": "a"}})

    cluster.delete("configmaps", "a", dry_run=True)

    assert "a" in cluster.names("configmaps")
