import pytest
from apiserver_cluster import deployment, pod

from localcluster.apiserver import subresources
from localcluster.apiserver.registry import Options
from localcluster.apiserver.resources import BY_KEY
from localcluster.client import ApiError

WEB = (BY_KEY["deployments.apps"], "shop", "web")
POD = (BY_KEY["pods"], "shop", "web")


def _evict(cluster):
    return subresources.post(cluster.registry, POD, "eviction", {"metadata": {"name": "web"}}, Options())


def _budget(cluster, allowed):
    spec = {"selector": {"matchLabels": {"app": "web"}}, "minAvailable": 1}
    cluster.create("poddisruptionbudgets.policy", {"metadata": {"name": "keep"}, "spec": spec})
    status = {"disruptionsAllowed": allowed, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1}
    status["observedGeneration"] = 1
    cluster.patch("poddisruptionbudgets.policy", "keep", {"status": status}, subresource="status")


def _running(cluster):
    cluster.create("pods", pod(labels={"app": "web"}))
    ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    cluster.patch("pods", "web", {"status": ready}, subresource="status")


def test_scale_shows_and_sets_replicas(cluster):
    cluster.create("deployments.apps", deployment())
    scale = subresources.get(cluster.registry, WEB, "scale")
    scale["spec"]["replicas"] = 4

    answer = subresources.put(cluster.registry, WEB, "scale", scale, Options())

    assert answer["spec"]["replicas"] == 4
    assert answer["status"]["selector"] == "app=web"
    assert cluster.get("deployments.apps", "web")["spec"]["replicas"] == 4


def test_an_eviction_that_would_break_a_budget_is_429(cluster):
    _running(cluster)
    _budget(cluster, allowed=0)

    with pytest.raises(ApiError) as caught:
        _evict(cluster)

    assert caught.value.code == 429
    assert cluster.names("pods") == ["web"]


def test_an_eviction_uses_the_budget_up(cluster):
    _running(cluster)
    _budget(cluster, allowed=1)

    _evict(cluster)

    assert cluster.names("pods") == []
    assert cluster.get("poddisruptionbudgets.policy", "keep")["status"]["disruptionsAllowed"] == 0


def test_a_pod_is_bound_once(cluster):
    cluster.create("pods", pod())
    target = {"metadata": {"name": "web"}, "target": {"kind": "Node", "name": "node-1"}}
    subresources.post(cluster.registry, POD, "binding", target, Options())

    with pytest.raises(ApiError) as caught:
        subresources.post(cluster.registry, POD, "binding", target, Options())

    assert cluster.get("pods", "web")["spec"]["nodeName"] == "node-1"
    assert caught.value.code == 409


def test_a_path_that_a_kind_does_not_have_is_404(cluster):
    cluster.create("pods", pod())

    with pytest.raises(ApiError) as caught:
        subresources.get(cluster.registry, POD, "scale")

    assert caught.value.code == 404
