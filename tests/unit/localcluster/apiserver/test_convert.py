from localcluster.apiserver import convert
from localcluster.apiserver.registry import Options
from localcluster.apiserver.resources import BY_PATH

V1 = BY_PATH["autoscaling", "v1", "horizontalpodautoscalers"]
EVENT = BY_PATH["events.k8s.io", "v1", "events"]
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}


def test_an_autoscaler_written_as_v1_is_read_as_both(cluster):
    document = {
        "apiVersion": "autoscaling/v1",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "web"},
        "spec": {"scaleTargetRef": TARGET, "maxReplicas": 3, "targetCPUUtilizationPercentage": 40},
    }

    entry = cluster.registry.create(V1, "shop", document, Options())

    v2 = cluster.get("horizontalpodautoscalers.autoscaling", "web")
    v1 = convert.to_served(V1, entry.copy())
    assert v2["apiVersion"] == "autoscaling/v2"
    assert v2["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"] == 40
    assert v1["apiVersion"] == "autoscaling/v1"
    assert v1["spec"]["targetCPUUtilizationPercentage"] == 40


def test_a_v1_patch_keeps_what_v1_cannot_say(cluster):
    behavior = {"scaleDown": {"stabilizationWindowSeconds": 5}}
    spec = {"scaleTargetRef": TARGET, "maxReplicas": 3, "behavior": behavior}
    cluster.create("horizontalpodautoscalers.autoscaling", {"metadata": {"name": "web"}, "spec": spec})

    change = ({"spec": {"maxReplicas": 5}}, "application/merge-patch+json")
    cluster.registry.patch(V1, "shop", "web", change, Options())

    kept = cluster.get("horizontalpodautoscalers.autoscaling", "web")["spec"]
    assert kept["maxReplicas"] == 5
    assert kept["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 5


def test_both_kinds_of_events_are_the_same_objects(cluster):
    document = {
        "metadata": {"name": "e"},
        "eventTime": "2026-01-02T03:04:05.000006Z",
        "reportingController": "test",
        "reason": "Tested",
        "note": "hello",
        "regarding": {"kind": "Pod", "name": "web"},
    }

    entry = cluster.registry.create(EVENT, "shop", document, Options())

    core = cluster.get("events", "e")
    assert (core["message"], core["involvedObject"]["name"]) == ("hello", "web")
    assert convert.to_served(EVENT, entry.copy())["note"] == "hello"
