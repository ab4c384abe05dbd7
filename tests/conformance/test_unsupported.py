"""What the embedded cluster does not have answers with an error of Kubernetes, never with silence."""

import json
import ssl
import urllib.error
import urllib.request

import pytest

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("only_embedded")]


def ask(kube, method, path, body=None, **headers):
    """Send a request; give the code and the Status."""
    settings = kube.api.configuration
    token = settings.api_key["BearerToken"]
    data = json.dumps(body).encode() if body is not None else None
    every = {"Authorization": token, "Content-Type": "application/json"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    request = urllib.request.Request(settings.host + path, data, every, method=method)
    context = ssl.create_default_context(cafile=settings.ssl_ca_cert)
    try:
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


@pytest.mark.parametrize(
    ("method", "path", "code", "reason"),
    [
        ("GET", "/apis/batch/v1/namespaces/default/cronjobs", 404, "NotFound"),
        ("GET", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", 404, "NotFound"),
        ("GET", "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", 404, "NotFound"),
        ("GET", "/api/v1/gadgets", 404, "NotFound"),
        ("GET", "/api/v1/namespaces/default/services/kubernetes/proxy", 404, "NotFound"),
        ("DELETE", "/api/v1/namespaces", 405, "MethodNotAllowed"),
        ("DELETE", "/api/v1/pods", 405, "MethodNotAllowed"),
        ("DELETE", "/api/v1/namespaces/kube-system", 403, "Forbidden"),
        ("PUT", "/api/v1/namespaces/default/pods", 405, "MethodNotAllowed"),
        ("GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", 405, "MethodNotAllowed"),
    ],
)
def test_an_unknown_path_or_verb_is_refused_with_a_status(kube, method, path, code, reason):
    seen, status = ask(kube, method, path)

    assert (seen, status["kind"], status["reason"]) == (code, "Status", reason)
    assert status["message"]


@pytest.mark.parametrize("kind", ["NodePort", "LoadBalancer"])
def test_service_types_that_lead_outside_are_unprocessable(kube, build, kind):
    said = kube.refused("create", "-f", "-", stdin=build.service("outside", type=kind))

    assert f'spec.type: Invalid value: "{kind}": this cluster has neither node ports nor load balancers' in said


def test_a_cron_job_is_no_kind_here(kube, build):
    said = kube.refused("create", "-f", "-", stdin=build.of("batch/v1", "CronJob", "nightly", spec={}))

    assert 'no matches for kind "CronJob" in version "batch/v1"' in said


def test_a_body_in_an_unknown_form_is_415(kube):
    path = f"/api/v1/namespaces/{kube.namespace}/configmaps"

    code, status = ask(kube, "POST", path, {}, Content_Type="application/x-strange")

    assert (code, status["reason"]) == (415, "UnsupportedMediaType")


def test_a_patch_in_an_unknown_form_is_415(kube, build):
    kube.apply(build.of("v1", "ConfigMap", "unpatched"))
    path = f"/api/v1/namespaces/{kube.namespace}/configmaps/unpatched"

    code, _ = ask(kube, "PATCH", path, {}, Content_Type="application/json")

    assert code == 415


def test_without_a_token_nothing_is_told(kube):
    code, status = ask(kube, "GET", "/api/v1/pods", Authorization="")

    assert (code, status["reason"]) == (401, "Unauthorized")


def test_debug_containers_are_refused(kube, build):
    kube.apply(build.pod("undebugged"))
    kube.ready("pod/undebugged")

    said = kube.refused("debug", "undebugged", f"--image={build.image}", "--target=main")

    assert "ephemeral containers are disabled" in said


@pytest.mark.parametrize("path", ["/etc", "/"])
def test_paths_of_this_machine_are_no_volumes(kube, build, path):
    name = "host-etc" if path == "/etc" else "host-root"
    volume = {"name": "host", "hostPath": {"path": path}}
    container = build.container(volumeMounts=[{"name": "host", "mountPath": "/host"}])
    kube.apply(build.pod(name, container, volumes=[volume]))

    failed = f"--field-selector=involvedObject.name={name},reason=FailedMount"
    events = kube.until(lambda: kube.get("events", failed)["items"], "an event")

    assert "hostPath" in events[0]["message"] or path in events[0]["message"]
    assert kube.pod(name)["status"]["phase"] == "Pending"


def test_grpc_probes_say_that_they_are_not_there(kube, build):
    probe = {"grpc": {"port": 9}, "periodSeconds": 1}
    done = kube.attempt("create", "-f", "-", stdin=build.pod("grpc", build.container(readinessProbe=probe)))
    if done.code:
        assert "grpc" in done.err
        return

    failed = "--field-selector=involvedObject.name=grpc,reason=Unhealthy"
    assert "grpc" in kube.until(lambda: kube.get("events", failed)["items"], "an event")[0]["message"].lower()


def test_the_version_says_that_it_is_embedded(kube):
    assert kube.cluster.version.endswith("+embedded")
    assert kube.run("version").splitlines()[-1].startswith("Server Version: v1.")
