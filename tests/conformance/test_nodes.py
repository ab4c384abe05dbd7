"""Nodes: cordon, drain, a node that stops and comes back."""

import json

import pytest

pytestmark = pytest.mark.cluster


@pytest.fixture
def node(kube):
    """A node that is whole again after the test."""
    name = kube.get("nodes")["items"][-1]["metadata"]["name"]
    yield name
    kube.run("uncordon", name)
    kube.run("annotate", "node", name, "localcluster/kubelet-", "localcluster/power-")
    kube.run("wait", "--for=condition=Ready", f"node/{name}", "--timeout=60s")


def budget(build, name, least):
    return build.of(
        "policy/v1",
        "PodDisruptionBudget",
        name,
        spec={"minAvailable": least, "selector": {"matchLabels": {"app": name}}},
    )


def on(node):
    return {"nodeSelector": {"kubernetes.io/hostname": node}}


def off(node):
    where = {"key": "kubernetes.io/hostname", "operator": "NotIn", "values": [node]}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [where]}]}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}}


def test_a_cordoned_node_takes_no_new_pods(kube, build, node):
    kube.run("cordon", node)
    kube.apply(build.pod("late", **on(node)))

    event = kube.until(lambda: kube.get("events", "--field-selector=reason=FailedScheduling")["items"], "an event")[0]
    listed = kube.run("get", "node", node, "--no-headers").split()
    kube.run("uncordon", node)

    assert listed[1] == "Ready,SchedulingDisabled"
    assert "unschedulable" in event["message"]
    kube.ready("pod/late")


def test_drain_moves_pods_to_other_nodes(kube, build, node):
    kube.apply(build.workload("Deployment", "mover", replicas=3), budget(build, "mover", 2))
    kube.run("rollout", "status", "deployment/mover", "--timeout=60s")

    kube.run("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--timeout=60s")

    kube.run("rollout", "status", "deployment/mover", "--timeout=60s")
    pods = kube.get("pods", "-l", "app=mover")["items"]
    living = [pod for pod in pods if "deletionTimestamp" not in pod["metadata"]]
    assert len(living) == 3
    assert node not in {pod["spec"]["nodeName"] for pod in living}


def test_drain_is_refused_by_a_budget_until_it_allows(kube, build, node):
    kube.apply(build.pod("guarded", **on(node)), budget(build, "guarded", 1))
    kube.ready("pod/guarded")
    kube.run("wait", "--for=jsonpath={.status.currentHealthy}=1", "pdb/guarded", "--timeout=60s")
    drain = ("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--force", "--pod-selector=app=guarded")

    said = kube.refused(*drain, "--timeout=1s")
    kube.run("patch", "pdb", "guarded", "-p", '{"spec":{"minAvailable":0}}')
    kube.run("wait", "--for=jsonpath={.status.disruptionsAllowed}=1", "pdb/guarded", "--timeout=60s")
    kube.run(*drain, "--timeout=60s")

    assert "Cannot evict pod as it would violate the pod's disruption budget" in said
    assert "not found" in kube.refused("get", "pod", "guarded")


@pytest.mark.usefixtures("only_embedded")
def test_a_node_whose_kubelet_stops_becomes_unknown_and_comes_back(kube, build, node):
    """Its containers go on running: nobody is there to end them."""
    kube.apply(build.pod("lonely", build.web(), **on(node)), build.pod("asker", **off(node)))
    kube.ready("pod/lonely", "pod/asker")
    address = kube.pod("lonely")["status"]["podIP"]

    kube.run("annotate", "node", node, "localcluster/kubelet=stopped")
    kube.run("wait", "--for=condition=Ready=Unknown", f"node/{node}", "--timeout=60s")
    kube.run("wait", "--for=condition=Ready=False", "pod/lonely", "--timeout=60s")
    taints = {taint["key"] for taint in kube.get("node", node)["spec"]["taints"]}
    answer = kube.ask("asker", address)
    exec_said = kube.refused("exec", "lonely", "--", "true")
    kube.run("annotate", "node", node, "localcluster/kubelet-")
    kube.run("wait", "--for=condition=Ready", f"node/{node}", "pod/lonely", "--timeout=60s")

    assert "node.kubernetes.io/unreachable" in taints
    assert answer.startswith("lonely ")
    assert "error dialing" in exec_said
    assert kube.pod("lonely")["status"]["containerStatuses"][0]["restartCount"] == 0


@pytest.mark.usefixtures("only_embedded")
def test_a_node_without_power_loses_its_containers(kube, build, node):
    kube.apply(build.pod("dark", build.web(), **on(node)), build.pod("looker", **off(node)))
    kube.ready("pod/dark", "pod/looker")
    address = kube.pod("dark")["status"]["podIP"]

    kube.run("annotate", "node", node, "localcluster/power=off")
    kube.until(lambda: not kube.ask("looker", address).startswith("dark"), "silence")
    kube.run("annotate", "node", node, "localcluster/power-")

    kube.until(lambda: kube.pod("dark")["status"]["containerStatuses"][0]["restartCount"] == 1, "a restart")
    kube.ready("pod/dark")


@pytest.mark.usefixtures("only_embedded")
def test_pods_of_a_lost_node_are_replaced_when_their_patience_ends(kube, build, node):
    seconds = [
        {"key": f"node.kubernetes.io/{why}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 1}
        for why in ("unreachable", "not-ready")
    ]
    prefer = {
        "weight": 100,
        "preference": {"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]},
    }
    affinity = {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [prefer]}}
    kube.apply(build.workload("Deployment", "heir", replicas=1, pod={"tolerations": seconds, "affinity": affinity}))
    kube.run("rollout", "status", "deployment/heir", "--timeout=60s")
    first = kube.get("pods", "-l", "app=heir")["items"][0]

    kube.run("annotate", "node", first["spec"]["nodeName"], "localcluster/kubelet=stopped")

    def successor():
        pods = kube.get("pods", "-l", "app=heir", "--field-selector=status.phase=Running")["items"]
        return [pod for pod in pods if pod["spec"]["nodeName"] != first["spec"]["nodeName"]]

    kube.until(successor, "a pod on another node")
    kube.run("annotate", "node", first["spec"]["nodeName"], "localcluster/kubelet-")
    kube.run("wait", "--for=delete", f"pod/{first['metadata']['name']}", "--timeout=60s")


def test_the_default_patience_with_a_lost_node_is_five_minutes(kube, build):
    kube.apply(build.pod("patient"))

    tolerations = kube.pod("patient")["spec"]["tolerations"]

    assert {one["key"]: one["tolerationSeconds"] for one in tolerations} == {
        "node.kubernetes.io/not-ready": 300,
        "node.kubernetes.io/unreachable": 300,
    }


def test_each_node_renews_its_lease(kube):
    def leases():
        found = json.loads(kube.run("get", "leases", "-n", "kube-node-lease", "-o", "json"))["items"]
        return {one["metadata"]["name"]: one["spec"]["renewTime"] for one in found}

    before = leases()

    kube.until(lambda: all(now > before[name] for name, now in leases().items()), "renewed leases")
