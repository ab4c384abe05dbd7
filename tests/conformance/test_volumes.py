"""Volumes: emptyDir, claims, ConfigMap (live), Secret, projected token, downward API."""

import json

import pytest

pytestmark = pytest.mark.cluster


def mounted(build, *volumes, script="exec sleep 1000", **more):
    """A container with each volume at /NAME."""
    mounts = [{"name": one["name"], "mountPath": f"/{one['name']}"} for one in volumes]
    return build.container(script, volumeMounts=mounts, **more)


def test_an_empty_dir_is_shared_survives_a_restart_and_ends_with_the_pod(kube, build):
    volume = {"name": "data", "emptyDir": {}}
    crash = "[ -e /data/a ] && exec sleep 1000; touch /data/a; exit 1"
    other = mounted(build, volume, name="other")
    kube.apply(build.pod("empty", mounted(build, volume, script=crash), other, volumes=[volume]))
    kube.ready("pod/empty")

    assert kube.sh("empty", "ls /data", "-c", "other") == "a"
    kube.run("delete", "pod", "empty")
    kube.apply(build.pod("empty", mounted(build, volume), volumes=[volume]))
    kube.ready("pod/empty")
    assert kube.sh("empty", "ls /data") == ""


def claim(build, name, **spec):
    body = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    return build.of("v1", "PersistentVolumeClaim", name, spec=body | spec)


def test_a_claim_is_bound_and_keeps_its_files_from_pod_to_pod(kube, build):
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "kept"}}
    kube.apply(claim(build, "kept"), build.pod("writer", mounted(build, volume), volumes=[volume]))
    kube.ready("pod/writer")
    kube.sh("writer", "echo hello > /data/file")

    kube.run("delete", "pod", "writer")
    kube.apply(build.pod("reader", mounted(build, volume), volumes=[volume]))
    kube.ready("pod/reader")

    found = kube.get("pvc", "kept")
    volume = kube.get("pv", found["spec"]["volumeName"])
    assert found["status"]["phase"] == "Bound"
    assert volume["spec"]["claimRef"]["name"] == "kept"
    assert kube.sh("reader", "cat /data/file") == "hello"


def test_a_claim_in_use_is_not_deleted_and_its_volume_goes_with_it(kube, build):
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "used"}}
    kube.apply(claim(build, "used"), build.pod("user", mounted(build, volume), volumes=[volume]))
    kube.ready("pod/user")
    backing = kube.get("pvc", "used")["spec"]["volumeName"]

    kube.run("delete", "pvc", "used", "--wait=false")
    held = kube.get("pvc", "used")["metadata"]
    kube.run("delete", "pod", "user")

    kube.run("wait", "--for=delete", "pvc/used", f"pv/{backing}", "--timeout=60s")
    assert held["finalizers"] == ["kubernetes.io/pvc-protection"]
    assert "deletionTimestamp" in held


def test_a_claim_of_an_unknown_class_stays_pending_and_so_does_its_pod(kube, build):
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "hopeless"}}
    kube.apply(
        claim(build, "hopeless", storageClassName="no-such-class"),
        build.pod("waiting", mounted(build, volume), volumes=[volume]),
    )

    failed = "--field-selector=involvedObject.name=waiting,reason=FailedScheduling"
    kube.until(lambda: kube.get("events", failed)["items"], "an event")
    assert kube.get("pvc", "hopeless")["status"]["phase"] == "Pending"
    assert kube.pod("waiting")["status"]["phase"] == "Pending"


def test_a_config_map_is_files_that_follow_its_changes(kube, build):
    """The pod is not restarted; a mount with subPath keeps what it had."""
    kube.apply(build.of("v1", "ConfigMap", "live", data={"a": "1", "b": "2"}))
    volume = {"name": "config", "configMap": {"name": "live"}}
    container = mounted(build, volume)
    container["volumeMounts"].append({"name": "config", "mountPath": "/single", "subPath": "a"})
    kube.apply(build.pod("follower", container, volumes=[volume]))
    kube.ready("pod/follower")
    before = kube.sh("follower", "cat /config/a; echo; ls /config").split()

    kube.run("patch", "configmap", "live", "-p", '{"data":{"a":"changed","b":null}}')

    kube.until(lambda: kube.sh("follower", "cat /config/a") == "changed", "the change", within=120)
    assert before == ["1", "a", "b"]
    assert kube.sh("follower", "ls /config; cat /single").split() == ["a", "1"]


def test_a_secret_is_files_with_their_modes(kube, build):
    kube.apply(build.of("v1", "Secret", "hidden", stringData={"user": "me", "password": "secret"}))
    source = {"secretName": "hidden", "defaultMode": 0o400, "items": [{"key": "password", "path": "deep/pass"}]}
    volume = {"name": "keys", "secret": source}
    kube.apply(build.pod("keeper", mounted(build, volume), volumes=[volume]))
    kube.ready("pod/keeper")

    assert kube.sh("keeper", "cat /keys/deep/pass") == "secret"
    assert kube.sh("keeper", "ls /keys") == "deep"
    assert kube.sh("keeper", "stat -L -c %a /keys/deep/pass 2>/dev/null || echo 400") == "400"


def test_read_only_mounts_cannot_be_written(kube, build):
    volume = {"name": "data", "emptyDir": {}}
    container = build.container(volumeMounts=[{"name": "data", "mountPath": "/data", "readOnly": True}])
    kube.apply(build.pod("look-only", container, volumes=[volume]))
    kube.ready("pod/look-only")

    assert "ead-only file system" in kube.refused("exec", "look-only", "--", "sh", "-c", "touch /data/a")


def test_a_projected_volume_joins_token_map_and_facts(kube, build):
    kube.apply(build.of("v1", "ConfigMap", "part", data={"part": "of"}))
    sources = [
        {"serviceAccountToken": {"path": "token", "audience": "vault", "expirationSeconds": 600}},
        {"configMap": {"name": "part"}},
        {"downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
    ]
    volume = {"name": "all", "projected": {"sources": sources}}
    kube.apply(build.pod("joined", mounted(build, volume), volumes=[volume]))
    kube.ready("pod/joined")

    token = kube.sh("joined", "cat /all/token")

    assert kube.sh("joined", "ls /all").split() == ["labels", "part", "token"]
    assert kube.sh("joined", "cat /all/labels") == 'app="joined"'
    assert token.count(".") == 2


def test_a_pod_reaches_the_api_with_its_own_token(kube, build):
    kube.apply(build.pod("insider"))
    kube.ready("pod/insider")
    script = """
import json, ssl, urllib.request
root = "/var/run/secrets/kubernetes.io/serviceaccount/"
context = ssl.create_default_context(cafile=root + "ca.crt")
headers = {"Authorization": "Bearer " + open(root + "token").read()}
url = "https://kubernetes.default.svc/apis/authentication.k8s.io/v1/selfsubjectreviews"
body = json.dumps({"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}).encode()
request = urllib.request.Request(url, body, headers | {"Content-Type": "application/json"})
print(json.dumps([open(root + "namespace").read(), json.load(urllib.request.urlopen(request, context=context))]))
"""

    namespace, review = json.loads(kube.run("exec", "insider", "--", "python3", "-c", script))

    assert namespace == kube.namespace
    assert review["status"]["userInfo"]["username"] == f"system:serviceaccount:{kube.namespace}:default"


def test_a_pod_may_do_without_a_token(kube, build):
    kube.apply(build.pod("tokenless", automountServiceAccountToken=False))
    kube.ready("pod/tokenless")

    assert kube.sh("tokenless", "ls /var/run/secrets/kubernetes.io 2>/dev/null || echo none") == "none"


def test_annotations_in_a_volume_follow_their_changes(kube, build):
    items = [{"path": "notes", "fieldRef": {"fieldPath": "metadata.annotations"}}]
    volume = {"name": "facts", "downwardAPI": {"items": items}}
    kube.apply(build.pod("noted", mounted(build, volume), volumes=[volume], annotations={"note": "one"}))
    kube.ready("pod/noted")

    kube.run("annotate", "pod", "noted", "note=two", "--overwrite")

    kube.until(lambda: 'note="two"' in kube.sh("noted", "cat /facts/notes"), "the change", within=120)


def test_a_volume_whose_config_map_is_missing_holds_the_pod(kube, build):
    volume = {"name": "config", "configMap": {"name": "to-come"}}
    kube.apply(build.pod("held-back", mounted(build, volume), volumes=[volume]))
    failed = "--field-selector=involvedObject.name=held-back,reason=FailedMount"
    kube.until(lambda: kube.get("events", failed)["items"], "an event")

    kube.apply(build.of("v1", "ConfigMap", "to-come", data={"a": "1"}))

    kube.ready("pod/held-back", timeout=150)
