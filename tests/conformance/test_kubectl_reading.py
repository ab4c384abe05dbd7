"""What kubectl shows: tables, documents, descriptions, events, the API itself."""

import json
import re
import subprocess

import pytest


@pytest.fixture(scope="module")
def shown(namespace, build):
    """A Deployment with two pods, to be looked at."""
    namespace.apply(
        build.workload("Deployment", "shown", build.web(), replicas=2), build.service("shown"), build.pod("single")
    )
    namespace.run("rollout", "status", "deployment/shown", "--timeout=60s")
    namespace.ready("pod/single")


pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("shown")]


def rows(text):
    """The lines of a table, each a list of cells."""
    return [re.split(r" {2,}", line.strip()) for line in text.strip().splitlines()]


def test_get_prints_upstreams_columns(kube):
    head, *pods = rows(kube.run("get", "pods", "-l", "app=shown"))

    assert head == ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert [pod[1:4] for pod in pods] == [["1/1", "Running", "0"]] * 2


def test_get_wide_tells_address_and_node(kube):
    head, single = rows(kube.run("get", "pod", "single", "-o", "wide"))
    seen = kube.pod("single")

    assert head[5:] == ["IP", "NODE", "NOMINATED NODE", "READINESS GATES"]
    assert single[5:] == [seen["status"]["podIP"], seen["spec"]["nodeName"], "<none>", "<none>"]


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("deployment", ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]),
        ("replicaset", ["NAME", "DESIRED", "CURRENT", "READY", "AGE"]),
        ("service", ["NAME", "TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)", "AGE"]),
        ("endpointslice", ["NAME", "ADDRESSTYPE", "PORTS", "ENDPOINTS", "AGE"]),
        ("configmap", ["NAME", "DATA", "AGE"]),
        ("serviceaccount", ["NAME", "AGE"]),
        ("node", ["NAME", "STATUS", "ROLES", "AGE", "VERSION"]),
        ("namespace", ["NAME", "STATUS", "AGE"]),
        ("event", ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"]),
    ],
)
def test_each_kind_has_its_columns(kube, kind, columns):
    assert rows(kube.run("get", kind))[0] == columns


def test_get_yaml_gives_a_document_that_can_be_applied_again(kube):
    text = kube.run("get", "deployment", "shown", "-o", "yaml")

    assert kube.run("apply", "-f", "-", stdin=text).strip() == "deployment.apps/shown configured"
    assert text.startswith("apiVersion: apps/v1\n")


def test_get_jsonpath_picks_fields(kube):
    names = kube.run("get", "pods", "-l", "app=shown", "-o", "jsonpath={.items[*].status.phase}")

    assert names == "Running Running"


def test_get_all_names_every_workload(kube):
    listed = kube.run("get", "all", "-o", "name").split()

    kinds = {name.partition("/")[0] for name in listed}
    assert {"pod", "service", "deployment.apps", "replicaset.apps"} <= kinds


def test_get_selects_by_label_and_field(kube):
    assert kube.run("get", "pods", "-l", "app in (single),app!=shown", "-o", "name").split() == ["pod/single"]
    assert kube.run("get", "pods", "--field-selector", "metadata.name=single", "-o", "name").split() == ["pod/single"]
    assert kube.run("get", "pods", "--field-selector", "status.phase!=Running", "-o", "name") == ""


def test_get_sorts(kube):
    names = kube.run("get", "pods", "--sort-by=.metadata.name", "-o", "name").split()

    assert names == sorted(names)


def test_get_of_something_unknown_says_not_found(kube):
    assert kube.refused("get", "pod", "nobody") == 'Error from server (NotFound): pods "nobody" not found\n'
    assert "the server doesn't have a resource type" in kube.refused("get", "gadgets")


def test_get_watch_prints_changes_as_they_come(kube, build):
    watching = kube.start("get", "pods", "-w", "-l", "app=watched", "-o", "name", stderr=subprocess.DEVNULL)
    events = kube.start("get", "pod", "-w", "-l", "app=watched", "--output-watch-events", "--no-headers")

    kube.apply(build.pod("watched"))
    first = watching.stdout.readline()
    added = events.stdout.readline()
    kube.run("delete", "pod", "watched")
    last = next(line for line in events.stdout if line.startswith("DELETED"))

    assert first == "pod/watched\n"
    assert added.split()[:2] == ["ADDED", "watched"]
    assert last.split()[1] == "watched"


@pytest.mark.parametrize(
    ("what", "patterns"),
    [
        (
            "pod/single",
            [r"Node: +\S+", r"Status: +Running", r"Image: +docker.io/library/", r"Scheduled .*Successfully"],
        ),
        ("deployment/shown", [r"Replicas: +2 desired \| 2 updated", r"RollingUpdateStrategy:", r"ScalingReplicaSet"]),
        ("service/shown", [r"Endpoints: +10\.\d+\.\d+\.\d+:8080", r"Port: +http +80/TCP"]),
        ("namespace/default", [r"Status: +Active"]),
        ("configmap/kube-root-ca.crt", [r"BEGIN CERTIFICATE"]),
    ],
)
def test_describe_tells_the_story(kube, what, patterns):
    told = kube.run("describe", what)

    for pattern in patterns:
        assert re.search(pattern, told), f"{pattern} is not in\n{told}"


def test_describe_node_lists_its_pods(kube):
    node = kube.pod("single")["spec"]["nodeName"]

    told = kube.run("describe", "node", node)

    assert re.search(rf"{kube.namespace} +single ", told), told
    assert re.search(r"^ +Ready +True ", told, re.MULTILINE)


def test_events_tell_what_became_of_a_pod(kube):
    told = kube.run("events", "--for", "pod/single")

    for reason in ("Scheduled", "Pulled", "Created", "Started"):
        assert re.search(rf"Normal +{reason} ", told), told


@pytest.mark.parametrize(
    "line",
    [
        "pods po v1 true Pod",
        "services svc v1 true Service",
        "nodes no v1 false Node",
        "deployments deploy apps/v1 true Deployment",
        "statefulsets sts apps/v1 true StatefulSet",
        "daemonsets ds apps/v1 true DaemonSet",
        "jobs batch/v1 true Job",
        "horizontalpodautoscalers hpa autoscaling/v2 true HorizontalPodAutoscaler",
        "poddisruptionbudgets pdb policy/v1 true PodDisruptionBudget",
        "networkpolicies netpol networking.k8s.io/v1 true NetworkPolicy",
        "ingresses ing networking.k8s.io/v1 true Ingress",
        "leases coordination.k8s.io/v1 true Lease",
        "endpointslices discovery.k8s.io/v1 true EndpointSlice",
    ],
)
def test_api_resources_lists(kube, line):
    listed = [" ".join(row.split()) for row in kube.run("api-resources").splitlines()]

    assert line in listed


def test_explain_knows_the_fields(kube):
    told = kube.run("explain", "deployment.spec.minReadySeconds")

    assert "FIELD: minReadySeconds <integer>" in told


def test_raw_paths_answer(kube):
    version = json.loads(kube.run("get", "--raw", "/version"))

    assert version["gitVersion"] == kube.cluster.version
    assert kube.run("get", "--raw", "/readyz") == "ok"
    assert kube.run("get", "--raw", "/healthz") == "ok"


def test_top_shows_pods_and_nodes(kube):
    kube.until(lambda: kube.attempt("top", "pod", "single", "--no-headers").out, "metrics of a pod")

    assert re.fullmatch(r"single +\d+m +\d+Mi\s*", kube.run("top", "pod", "single", "--no-headers"))
    node = kube.pod("single")["spec"]["nodeName"]
    assert re.match(rf"{node} +\d+m +\d+% +\d+Mi", kube.run("top", "node", node, "--no-headers"))


def test_cluster_info_names_the_control_plane(kube):
    assert "Kubernetes control plane" in kube.run("cluster-info")
