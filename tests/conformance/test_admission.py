"""What the API server refuses or fills in: quota, limit ranges, validation."""

import json

import pytest

pytestmark = pytest.mark.cluster


@pytest.fixture
def bounded(kube, build):
    """The namespace with a quota or limit range, which goes after the test."""
    yield kube
    kube.run("delete", "resourcequota,limitrange,pod", "--all", "--force", "--grace-period=0")


def quota(build, **hard):
    return build.of(
        "v1", "ResourceQuota", "quota", spec={"hard": {key.replace("_", "."): to for key, to in hard.items()}}
    )


def counted(kube):
    kube.until(lambda: kube.get("resourcequota", "quota").get("status", {}).get("used"), "what is used")


def test_a_pod_over_quota_is_refused_with_what_is_missing(bounded, build):
    resources = {"requests": {"cpu": "100m", "memory": "16Mi"}}
    bounded.apply(quota(build, requests_cpu="150m", pods="5"))
    counted(bounded)
    bounded.apply(build.pod("within", build.container(resources=resources)))

    said = bounded.refused("create", "-f", "-", stdin=build.pod("over", build.container(resources=resources)))

    assert 'pods "over" is forbidden: exceeded quota: quota, requested: requests.cpu=100m' in said
    assert "used: requests.cpu=100m, limited: requests.cpu=150m" in said
    assert bounded.get("resourcequota", "quota")["status"]["used"] == {"pods": "1", "requests.cpu": "100m"}


def test_under_a_quota_a_pod_must_say_what_it_requests(bounded, build):
    bounded.apply(quota(build, requests_memory="1Gi"))
    counted(bounded)

    said = bounded.refused("create", "-f", "-", stdin=build.pod("silent"))

    assert "failed quota: quota: must specify requests.memory" in said


def test_a_deployment_over_quota_says_why_it_has_no_pods(bounded, build):
    bounded.apply(quota(build, pods="0"))
    counted(bounded)
    bounded.apply(build.workload("Deployment", "starved", replicas=1))

    def failure():
        conditions = bounded.get("deployment", "starved").get("status", {}).get("conditions", [])
        return [one["message"] for one in conditions if one["type"] == "ReplicaFailure"]

    assert "exceeded quota" in bounded.until(failure, "the condition")[0]
    bounded.run("delete", "deployment", "starved")


def test_objects_are_counted_too(bounded, build):
    used = len(bounded.get("configmaps")["items"])
    bounded.apply(quota(build, configmaps=str(used)))
    counted(bounded)

    said = bounded.refused("create", "configmap", "one-more")

    assert "exceeded quota: quota, requested: configmaps=1" in said


def limits(build, **item):
    return build.of("v1", "LimitRange", "limits", spec={"limits": [{"type": "Container"} | item]})


def test_a_limit_range_gives_defaults_to_who_asks_for_nothing(bounded, build):
    bounded.apply(limits(build, default={"cpu": "200m", "memory": "64Mi"}, defaultRequest={"cpu": "50m"}))

    bounded.apply(build.pod("modest"))

    resources = bounded.pod("modest")["spec"]["containers"][0]["resources"]
    assert resources == {"limits": {"cpu": "200m", "memory": "64Mi"}, "requests": {"cpu": "50m", "memory": "64Mi"}}


def test_a_limit_range_refuses_who_asks_for_too_much(bounded, build):
    bounded.apply(limits(build, max={"memory": "64Mi"}))
    greedy = build.container(resources={"limits": {"memory": "1Gi"}})

    said = bounded.refused("create", "-f", "-", stdin=build.pod("greedy", greedy))

    assert "maximum memory usage per Container is 64Mi, but limit is 1Gi" in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"metadata": {"name": "Not_A_Name"}}, "a lowercase RFC 1123 subdomain must consist of"),
        ({"spec": {"containers": []}}, "spec.containers: Required value"),
        ({"spec": {"containers": [{"name": "a", "image": "a"}, {"name": "a", "image": "a"}]}}, "Duplicate value"),
        ({"spec": {"containers": [{"name": "a", "image": "a"}], "restartPolicy": "Never ever"}}, "Unsupported value"),
        (
            {"spec": {"containers": [{"name": "a", "image": "a", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}]}},
            "Not found",
        ),
    ],
    ids=["name", "no containers", "twice", "policy", "no volume"],
)
def test_a_wrong_pod_is_refused_with_the_field(kube, build, change, words):
    assert words in kube.refused("create", "-f", "-", stdin=build.pod("wrong") | change)


def test_immutable_fields_stay(kube, build):
    kube.apply(build.workload("Deployment", "fixed", replicas=0), build.service("fixed"))

    other = {"spec": {"selector": {"matchLabels": {"app": "other"}}}}

    assert "field is immutable" in kube.refused("patch", "deployment", "fixed", "-p", json.dumps(other))
    assert "immutable" in kube.refused("patch", "service", "fixed", "-p", '{"spec":{"clusterIP":"10.96.7.7"}}')


def test_a_selector_must_match_its_template(kube, build):
    wrong = build.workload("Deployment", "mismatched", replicas=0)
    wrong["spec"]["selector"]["matchLabels"] = {"app": "other"}

    assert "`selector` does not match template `labels`" in kube.refused("create", "-f", "-", stdin=wrong)


def test_nothing_is_made_in_a_namespace_that_is_not_there(kube):
    said = kube.refused("create", "configmap", "homeless", "-n", "no-such-namespace")

    assert 'namespaces "no-such-namespace" not found' in said
