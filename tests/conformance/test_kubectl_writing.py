"""What kubectl changes: create, apply, delete, label, annotate, patch, scale, wait."""

import json

import pytest

pytestmark = pytest.mark.cluster


def configmap(build, name, **data):
    return build.of("v1", "ConfigMap", name, data=data)


def test_create_makes_an_object_once(kube, build):
    new = configmap(build, "once", a="1")

    assert kube.run("create", "-f", "-", stdin=new) == "configmap/once created\n"
    assert '"once" already exists' in kube.refused("create", "-f", "-", stdin=new)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("configmap", "made-cm", "--from-literal=a=1"), "configmap/made-cm"),
        (("secret", "generic", "made-secret", "--from-literal=a=1"), "secret/made-secret"),
        (("serviceaccount", "made-sa"), "serviceaccount/made-sa"),
        (("deployment", "made-deploy", "--image=example.org/none:1", "--replicas=0"), "deployment.apps/made-deploy"),
        (("job", "made-job", "--image=example.org/none:1"), "job.batch/made-job"),
        (("quota", "made-quota", "--hard=configmaps=100"), "resourcequota/made-quota"),
        (("pdb", "made-pdb", "--selector=a=b", "--min-available=1"), "poddisruptionbudget.policy/made-pdb"),
        (("service", "clusterip", "made-svc", "--tcp=80:8080"), "service/made-svc"),
        (("ingress", "made-ing", "--rule=made.example/=made-svc:80"), "ingress.networking.k8s.io/made-ing"),
        (("role", "made-role", "--verb=get", "--resource=pods"), "role.rbac.authorization.k8s.io/made-role"),
    ],
)
def test_imperative_create_makes_what_it_says(kube, words, kind):
    assert kube.run("create", *words) == f"{kind} created\n"
    assert kube.run("get", kind, "-o", "name").strip() == kind


def test_run_and_expose_make_a_pod_and_its_service(kube, build):
    kube.run("run", "ran", f"--image={build.image}", "--labels=app=ran", "--port=8080", "--", "sleep", "1000")
    kube.run("expose", "pod", "ran", "--port=80", "--target-port=8080")

    assert kube.get("service", "ran")["spec"]["selector"] == {"app": "ran"}
    kube.run("delete", "pod", "ran", "--force", "--grace-period=0")


def test_apply_creates_then_changes_then_leaves_alone(kube, build):
    first = configmap(build, "applied", a="1", b="2")
    second = configmap(build, "applied", a="3")

    assert kube.apply(first) == "configmap/applied created\n"
    kube.run("patch", "configmap", "applied", "-p", '{"data":{"theirs":"kept"}}')
    assert kube.apply(second) == "configmap/applied configured\n"
    assert kube.apply(second) == "configmap/applied unchanged\n"
    assert kube.get("configmap", "applied")["data"] == {"a": "3", "theirs": "kept"}


def test_apply_merges_lists_by_their_keys(kube, build):
    """A container that somebody else added stays, an environment variable that left the file goes."""
    one = {"name": "A", "value": "1"}
    two = {"name": "B", "value": "2"}
    kube.apply(build.workload("Deployment", "merged", build.container(env=[one, two]), replicas=0))
    extra = {"spec": {"template": {"spec": {"containers": [{"name": "extra", "image": build.image}]}}}}
    kube.run("patch", "deployment", "merged", "-p", json.dumps(extra))

    kube.apply(build.workload("Deployment", "merged", build.container(env=[two]), replicas=0))

    containers = kube.get("deployment", "merged")["spec"]["template"]["spec"]["containers"]
    assert {each["name"]: each.get("env") for each in containers} == {"main": [two], "extra": None}


def test_apply_refuses_an_unknown_field(kube, build):
    wrong = build.workload("Deployment", "wrong", replicas=0) | {"sped": {}}

    said = kube.refused("apply", "-f", "-", stdin=wrong)

    assert 'strict decoding error: unknown field "sped"' in said


def test_diff_shows_what_apply_would_change(kube, build):
    kube.apply(configmap(build, "differs", a="1"))

    done = kube.attempt("diff", "-f", "-", stdin=configmap(build, "differs", a="2"))

    assert done.code == 1
    assert '-  a: "1"\n' in done.out
    assert '+  a: "2"\n' in done.out
    assert kube.get("configmap", "differs")["data"] == {"a": "1"}


def test_a_dry_run_changes_nothing(kube, build):
    kube.run("create", "--dry-run=server", "-f", "-", stdin=configmap(build, "dry"))

    assert "not found" in kube.refused("get", "configmap", "dry")


def test_replace_asks_for_the_newest_version(kube, build):
    kube.apply(configmap(build, "replaced", a="1"))
    old = kube.get("configmap", "replaced")
    kube.run("label", "configmap", "replaced", "moved=on")

    assert "the object has been modified" in kube.refused("replace", "-f", "-", stdin=old)


def test_label_and_annotate_set_overwrite_and_remove(kube, build):
    kube.apply(configmap(build, "labelled"))

    kube.run("label", "configmap", "labelled", "tier=db")
    assert "already has a value" in kube.refused("label", "configmap", "labelled", "tier=web")
    kube.run("label", "configmap", "labelled", "tier=web", "--overwrite")
    kube.run("annotate", "configmap", "labelled", "why=because", "gone=soon")
    kube.run("annotate", "configmap", "labelled", "gone-")

    meta = kube.get("configmap", "labelled")["metadata"]
    assert meta["labels"] == {"tier": "web"}
    assert meta["annotations"]["why"] == "because"
    assert "gone" not in meta["annotations"]
    assert "a valid label must be" in kube.refused("label", "configmap", "labelled", "tier=not valid")


@pytest.mark.parametrize(
    ("form", "patch", "expected"),
    [
        ("strategic", {"data": {"a": None, "c": "3"}}, {"b": "2", "c": "3"}),
        ("merge", {"data": {"b": None}}, {"a": "1"}),
        ("json", [{"op": "replace", "path": "/data/a", "value": "9"}], {"a": "9", "b": "2"}),
    ],
)
def test_patch_changes_what_it_names(kube, build, form, patch, expected):
    kube.apply(configmap(build, f"patched-{form}", a="1", b="2"))

    kube.run("patch", "configmap", f"patched-{form}", f"--type={form}", "-p", json.dumps(patch))

    assert kube.get("configmap", f"patched-{form}")["data"] == expected


def test_a_json_patch_whose_test_fails_changes_nothing(kube, build):
    kube.apply(configmap(build, "tested", a="1"))
    patch = [{"op": "test", "path": "/data/a", "value": "2"}, {"op": "remove", "path": "/data/a"}]

    kube.refused("patch", "configmap", "tested", "--type=json", "-p", json.dumps(patch))

    assert kube.get("configmap", "tested")["data"] == {"a": "1"}


def test_scale_sets_replicas_and_checks_the_present_number(kube, build):
    kube.apply(build.workload("Deployment", "scaled", replicas=0))

    kube.run("scale", "deployment/scaled", "--replicas=2")
    kube.run("wait", "--for=jsonpath={.status.readyReplicas}=2", "deployment/scaled", "--timeout=60s")
    said = kube.refused("scale", "deployment/scaled", "--current-replicas=5", "--replicas=0")
    kube.run("scale", "deployment/scaled", "--replicas=0")

    assert "Expected replicas to be 5, was 2" in said
    kube.run("wait", "--for=delete", "pod", "-l", "app=scaled", "--timeout=60s")


def test_wait_sees_conditions_fields_and_ends(kube, build):
    kube.apply(build.pod("awaited"))

    kube.run("wait", "--for=condition=Ready", "pod/awaited", "--timeout=60s")
    kube.run("wait", "--for=jsonpath={.status.phase}=Running", "pod/awaited", "--timeout=60s")
    kube.run("delete", "pod/awaited", "--wait=false")
    kube.run("wait", "--for=delete", "pod/awaited", "--timeout=60s")


def test_wait_gives_up_in_time(kube, build):
    kube.apply(build.workload("Deployment", "absent", replicas=0))

    said = kube.refused("wait", "--for=condition=Nothing", "deployment/absent", "--timeout=1s")

    assert "timed out waiting for the condition on deployments/absent" in said


def test_delete_waits_for_the_end(kube, build):
    kube.apply(build.pod("deleted"))
    kube.ready("pod/deleted")

    assert kube.run("delete", "pod", "deleted").startswith('pod "deleted" deleted')
    assert "not found" in kube.refused("get", "pod", "deleted")


def test_delete_by_label_and_by_file(kube, build):
    two = [configmap(build, f"heap-{n}") | {} for n in (1, 2)]
    for one in two:
        one["metadata"]["labels"] = {"heap": "yes"}
    kube.apply(*two, configmap(build, "filed"))

    kube.run("delete", "configmap", "-l", "heap=yes")
    kube.run("delete", "-f", "-", stdin=configmap(build, "filed"))

    names = kube.run("get", "configmap", "-o", "name")
    assert "heap" not in names
    assert "filed" not in names


def test_force_delete_does_not_wait_for_the_grace_period(kube, build):
    """The object goes at once, though its process ignores SIGTERM and has a minute."""
    kube.apply(build.pod("stubborn", terminationGracePeriodSeconds=60))
    kube.ready("pod/stubborn")

    said = kube.attempt("delete", "pod", "stubborn", "--force", "--grace-period=0", timeout=20)

    assert "Immediate deletion does not wait" in said.err
    assert "not found" in kube.refused("get", "pod", "stubborn")


def test_deleting_an_owner_deletes_what_it_owns(kube, build):
    kube.apply(build.workload("Deployment", "owner", replicas=1))
    kube.run("rollout", "status", "deployment/owner", "--timeout=60s")

    kube.run("delete", "deployment", "owner", "--cascade=foreground", "--timeout=60s")

    assert kube.run("get", "replicaset,pod", "-l", "app=owner", "-o", "name") == ""


def test_orphans_stay_and_are_adopted_again(kube, build):
    kube.apply(build.workload("Deployment", "orphans", replicas=1))
    kube.run("rollout", "status", "deployment/orphans", "--timeout=60s")
    before = kube.run("get", "pod", "-l", "app=orphans", "-o", "name")

    kube.run("delete", "deployment", "orphans", "--cascade=orphan")
    left = kube.run("get", "pod", "-l", "app=orphans", "-o", "name")
    kube.apply(build.workload("Deployment", "orphans", replicas=1))
    kube.run("rollout", "status", "deployment/orphans", "--timeout=60s")

    assert before == left == kube.run("get", "pod", "-l", "app=orphans", "-o", "name")


def test_a_deleted_namespace_takes_everything_with_it(kube, build):
    name = f"{kube.namespace}-gone"
    kube.run("create", "namespace", name)
    kube.until(lambda: kube.attempt("get", "sa", "default", "-n", name).code == 0, "the account")
    kube.run("apply", "-n", name, "-f", "-", stdin=build.pod("inside"))

    kube.run("delete", "namespace", name, "--timeout=60s")

    assert "not found" in kube.refused("get", "namespace", name)
    assert kube.run("get", "pods", "-n", name, "-o", "name") == ""


def test_server_side_apply_merges(kube, build):
    """Here there are no field owners, so only what every server does is looked at."""
    kube.run("apply", "--server-side", "-f", "-", stdin=configmap(build, "served", a="1"))
    kube.run("apply", "--server-side", "-f", "-", stdin=configmap(build, "served", a="2"))

    assert kube.get("configmap", "served")["data"] == {"a": "2"}
