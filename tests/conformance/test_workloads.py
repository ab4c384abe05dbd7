"""What controllers make of pods: Deployment, StatefulSet, DaemonSet, Job, HorizontalPodAutoscaler."""

import json

import pytest

pytestmark = pytest.mark.cluster


def names(kube, app):
    """Pods of an app that are not ending."""
    pods = kube.get("pods", "-l", f"app={app}")["items"]
    return sorted(pod["metadata"]["name"] for pod in pods if "deletionTimestamp" not in pod["metadata"])


def rolled_out(kube, what):
    return kube.run("rollout", "status", what, "--timeout=60s")


def test_a_rolling_update_never_has_too_few_pods(kube, build):
    """maxUnavailable 0: at every moment that a watch shows, all replicas are available."""
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
    first = build.workload("Deployment", "rolling", build.web(), replicas=2, strategy=strategy)
    kube.apply(first)
    rolled_out(kube, "deployment/rolling")
    old = names(kube, "rolling")
    watching = kube.start(
        "get", "deployment", "rolling", "-w", "-o", "jsonpath={.status.availableReplicas} {.status.replicas}{'\\n'}"
    )

    kube.run("set", "env", "deployment/rolling", "NEW=1")
    told = rolled_out(kube, "deployment/rolling")

    kube.until(lambda: len(names(kube, "rolling")) == 2, "the old pods' end")
    watching.terminate()
    seen = [tuple(map(int, line.split())) for line in watching.communicate()[0].splitlines() if len(line.split()) == 2]
    assert 'deployment "rolling" successfully rolled out' in told
    assert not set(old) & set(names(kube, "rolling"))
    assert min(available for available, _ in seen) >= 2
    assert max(replicas for _, replicas in seen) == 3


def test_rollout_restart_replaces_every_pod(kube, build):
    kube.apply(build.workload("Deployment", "restarted", replicas=2))
    rolled_out(kube, "deployment/restarted")
    before = names(kube, "restarted")

    kube.run("rollout", "restart", "deployment/restarted")
    rolled_out(kube, "deployment/restarted")

    kube.until(lambda: len(names(kube, "restarted")) == 2, "two pods")
    assert not set(before) & set(names(kube, "restarted"))


def test_rollout_undo_goes_back(kube, build):
    kube.apply(build.workload("Deployment", "undone", build.container(env=[{"name": "V", "value": "1"}]), replicas=1))
    rolled_out(kube, "deployment/undone")
    kube.run("set", "env", "deployment/undone", "V=2")
    rolled_out(kube, "deployment/undone")

    history = kube.run("rollout", "history", "deployment/undone")
    kube.run("rollout", "undo", "deployment/undone")
    rolled_out(kube, "deployment/undone")

    env = kube.get("deployment", "undone")["spec"]["template"]["spec"]["containers"][0]["env"]
    assert env == [{"name": "V", "value": "1"}]
    assert [line.split()[0] for line in history.splitlines() if line[:1].isdigit()] == ["1", "2"]


def test_a_rollout_that_cannot_finish_says_so(kube, build):
    bad = build.container(readinessProbe={"exec": {"command": ["false"]}})
    kube.apply(build.workload("Deployment", "stuck", bad, replicas=1, progressDeadlineSeconds=2))

    said = kube.refused("rollout", "status", "deployment/stuck", "--timeout=60s")

    assert 'deployment "stuck" exceeded its progress deadline' in said


def test_a_deleted_pod_is_replaced(kube, build):
    kube.apply(build.workload("Deployment", "healed", replicas=1))
    rolled_out(kube, "deployment/healed")
    old = names(kube, "healed")

    kube.run("delete", "pod", *old, "--wait=false")

    new = kube.until(lambda: set(names(kube, "healed")) - set(old), "another pod").pop()
    kube.ready(f"pod/{new}")


def test_recreate_ends_the_old_before_the_new(kube, build):
    kube.apply(build.workload("Deployment", "recreated", replicas=1, strategy={"type": "Recreate"}))
    rolled_out(kube, "deployment/recreated")

    kube.run("set", "env", "deployment/recreated", "NEW=1")
    rolled_out(kube, "deployment/recreated")

    assert len(kube.get("pods", "-l", "app=recreated")["items"]) == 1


def claims(size="1Mi"):
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    return [{"metadata": {"name": "data"}, "spec": spec}]


@pytest.fixture(scope="module")
def database(namespace, build):
    """A StatefulSet of two pods, each with a volume."""
    mounted = build.web(volumeMounts=[{"name": "data", "mountPath": "/data"}])
    headless = build.service("db", clusterIP="None")
    stateful = build.workload("StatefulSet", "db", mounted, replicas=2, serviceName="db", volumeClaimTemplates=claims())
    namespace.apply(headless, stateful)
    rolled_out(namespace, "statefulset/db")
    return namespace


def test_stateful_pods_have_stable_names_one_after_the_other(database):
    pods = database.get("pods", "-l", "app=db")["items"]
    born = {pod["metadata"]["name"]: pod["metadata"]["creationTimestamp"] for pod in pods}

    assert sorted(born) == ["db-0", "db-1"]
    assert born["db-0"] <= born["db-1"]
    assert {pod["metadata"]["labels"]["apps.kubernetes.io/pod-index"] for pod in pods} == {"0", "1"}


def test_a_stateful_pod_comes_back_with_its_name_and_volume(database):
    database.sh("db-1", "echo kept > /data/file")
    old = database.pod("db-1")["metadata"]["uid"]

    database.run("delete", "pod", "db-1")
    database.until(lambda: database.attempt("get", "pod", "db-1").code == 0, "the same name")
    database.ready("pod/db-1")

    assert database.pod("db-1")["metadata"]["uid"] != old
    assert database.sh("db-1", "cat /data/file") == "kept"
    assert database.sh("db-0", "ls /data") == ""


def test_scaling_a_stateful_set_takes_the_last_pod_and_keeps_its_claim(database):
    database.run("scale", "statefulset/db", "--replicas=1")
    database.run("wait", "--for=delete", "pod/db-1", "--timeout=60s")
    kept = database.get("pvc", "data-db-1")["status"]["phase"]
    database.run("scale", "statefulset/db", "--replicas=2")
    rolled_out(database, "statefulset/db")

    assert kept == "Bound"
    assert database.sh("db-1", "cat /data/file") == "kept"


def test_a_stateful_set_is_updated_from_the_last_pod_down(database):
    database.run("rollout", "restart", "statefulset/db")
    rolled_out(database, "statefulset/db")

    pods = {
        pod["metadata"]["name"]: pod["status"]["startTime"] for pod in database.get("pods", "-l", "app=db")["items"]
    }
    revisions = database.get("statefulset", "db")["status"]
    assert pods["db-1"] <= pods["db-0"]
    assert revisions["currentRevision"] == revisions["updateRevision"]


def test_a_daemon_set_has_one_pod_on_each_node(kube, build):
    kube.apply(build.workload("DaemonSet", "everywhere"))
    rolled_out(kube, "daemonset/everywhere")

    pods = kube.get("pods", "-l", "app=everywhere")["items"]
    nodes = [node["metadata"]["name"] for node in kube.get("nodes")["items"]]
    assert sorted(pod["spec"]["nodeName"] for pod in pods) == sorted(nodes)


def test_a_daemon_set_follows_its_node_selector(kube, build):
    node = kube.get("nodes")["items"][0]["metadata"]["name"]
    kube.apply(build.workload("DaemonSet", "somewhere", pod={"nodeSelector": {"conformance": kube.namespace}}))
    kube.until(lambda: "observedGeneration" in kube.get("daemonset", "somewhere")["status"], "a look at it")
    none = names(kube, "somewhere")

    kube.run("label", "node", node, f"conformance={kube.namespace}")
    kube.until(lambda: len(names(kube, "somewhere")) == 1, "a pod")
    kube.run("label", "node", node, "conformance-")

    kube.until(lambda: not names(kube, "somewhere"), "no pod")
    assert none == []


def job(build, name, script, **spec):
    template = {"spec": build.spec(build.container(script), restartPolicy="Never")}
    return build.of("batch/v1", "Job", name, spec={"template": template} | spec)


def test_a_job_runs_to_completion(kube, build):
    kube.apply(job(build, "counting", "echo done", completions=3, parallelism=2))

    kube.run("wait", "--for=condition=Complete", "job/counting", "--timeout=60s")

    assert kube.get("job", "counting")["status"]["succeeded"] == 3
    assert kube.run("logs", "job/counting").strip() == "done"


def test_a_job_gives_up_after_its_back_off_limit(kube, build):
    kube.apply(job(build, "failing", "exit 3", backoffLimit=0))

    kube.run("wait", "--for=condition=Failed", "job/failing", "--timeout=60s")

    conditions = kube.get("job", "failing")["status"]["conditions"]
    assert "BackoffLimitExceeded" in {one.get("reason") for one in conditions}


def test_a_job_ends_at_its_deadline(kube, build):
    kube.apply(job(build, "slow", "exec sleep 1000", activeDeadlineSeconds=1))

    kube.run("wait", "--for=condition=Failed", "job/slow", "--timeout=60s")

    assert "DeadlineExceeded" in {one.get("reason") for one in kube.get("job", "slow")["status"]["conditions"]}


def test_an_indexed_job_tells_each_pod_its_number(kube, build):
    script = "echo $JOB_COMPLETION_INDEX"
    kube.apply(job(build, "indexed", script, completions=2, parallelism=2, completionMode="Indexed"))

    kube.run("wait", "--for=condition=Complete", "job/indexed", "--timeout=60s")

    assert sorted(kube.run("logs", "-l", "job-name=indexed").split()) == ["0", "1"]


def test_an_autoscaler_is_stored_and_shown_in_both_versions(kube, build):
    kube.apply(build.workload("Deployment", "stored", replicas=0))
    kube.run("autoscale", "deployment", "stored", "--min=1", "--max=3", "--cpu=50%")

    two = json.loads(kube.run("get", "horizontalpodautoscalers.v2.autoscaling", "stored", "-o", "json"))
    one = json.loads(kube.run("get", "horizontalpodautoscalers.v1.autoscaling", "stored", "-o", "json"))

    assert two["spec"]["metrics"][0]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 50}
    assert one["spec"]["targetCPUUtilizationPercentage"] == 50


def test_an_autoscaler_follows_measured_cpu(kube, build):
    """A pod that burns its whole core with 50m asked for is far above 50 %."""
    busy = build.container("while :; do :; done", resources={"requests": {"cpu": "50m"}, "limits": {"cpu": "200m"}})
    kube.apply(build.workload("Deployment", "busy", busy, replicas=1))
    rolled_out(kube, "deployment/busy")
    kube.run("autoscale", "deployment", "busy", "--min=1", "--max=2", "--cpu=50%")

    kube.until(lambda: kube.get("deployment", "busy")["spec"]["replicas"] == 2, "a second replica", within=120)

    conditions = {one["type"]: one["status"] for one in kube.get("hpa", "busy")["status"]["conditions"]}
    assert conditions["AbleToScale"] == "True"
    assert conditions["ScalingActive"] == "True"
    kube.run("delete", "hpa,deployment", "busy", "--wait=false")


def test_an_autoscaler_brings_a_workload_to_its_minimum(kube, build):
    quiet = build.container(resources={"requests": {"cpu": "50m"}})
    kube.apply(build.workload("Deployment", "quiet", quiet, replicas=1))
    kube.run("autoscale", "deployment", "quiet", "--min=2", "--max=3", "--cpu=50%")

    kube.until(lambda: kube.get("deployment", "quiet")["spec"]["replicas"] == 2, "the minimum")
