"""One cluster for all of these tests, and a kubectl and a Python client that point at it.

The cluster is an embedded one of its own, or the one that CONFORMANCE_KUBECONFIG names. CONFORMANCE_IMAGE is an image
with sh and python3 (docker.io/library/busybox:latest, which here has python3), CONFORMANCE_INGRESS the address of the
ingress controller, for a cluster that is not embedded.
"""

import json
import os
import re
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from kubernetes import client, config
from kubernetes.dynamic import DynamicClient

ROOT = Path(__file__).resolve().parents[2]
KUBECTL = Path(sys.executable).parent / "kubectl"
IMAGE = os.environ.get("CONFORMANCE_IMAGE", "docker.io/library/busybox:latest")
PATIENCE = 60  # seconds for what takes a second on an idle machine

# answers each connection with the pod's name, the client's address, the path asked for and the X-Real-IP it got
SERVER = r"""
import os, socket, sys
listener = socket.create_server(("", int(sys.argv[1])), backlog=64)
print("listening", flush=True)
while True:
    link, peer = listener.accept()
    link.settimeout(5)
    try:
        path = link.recv(65536).decode().split()[1]
        body = f"{os.uname().nodename} {peer[0]} {path}\n".encode()
        link.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    except (OSError, IndexError):
        pass
    link.close()
"""
# prints what a server answers, or why it does not
ASK = r"""
import socket, sys
host, port, path = sys.argv[1], int(sys.argv[2]), (sys.argv[3:] or ["/"])[0]
try:
    link = socket.create_connection((host, port), timeout=2)
    link.sendall(f"GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
    answer = b""
    while piece := link.recv(65536):
        answer += piece
    print(answer.partition(b"\r\n\r\n")[2].decode().strip())
except TimeoutError:
    print("timeout")
except ConnectionRefusedError:
    print("refused")
except OSError as error:
    print(type(error).__name__, error)
"""


@dataclass
class Cluster:
    """Where the cluster is and what it is."""

    kubeconfig: Path
    cache: Path
    ingress: str
    version: str = ""

    @property
    def embedded(self):
        return "+embedded" in self.version


@dataclass
class Done:
    """A kubectl that has ended."""

    code: int
    out: str
    err: str


@dataclass
class Kube:
    """kubectl and the Python client, in one namespace."""

    cluster: Cluster
    namespace: str
    api: client.ApiClient
    started: list = field(default_factory=list)

    @property
    def core(self):
        return client.CoreV1Api(self.api)

    @property
    def apps(self):
        return client.AppsV1Api(self.api)

    @property
    def dynamic(self):
        return DynamicClient(self.api)

    def words(self, *words):
        where = (f"--kubeconfig={self.cluster.kubeconfig}", f"--cache-dir={self.cluster.cache}", f"-n={self.namespace}")
        return [str(KUBECTL), *where, *map(str, words)]

    def attempt(self, *words, stdin=None, timeout=PATIENCE):
        """Run kubectl, whatever comes of it."""
        data = json.dumps(stdin) if isinstance(stdin, dict | list) else stdin
        done = subprocess.run(
            self.words(*words), input=data, capture_output=True, text=True, timeout=timeout, check=False, cwd=ROOT
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def run(self, *words, stdin=None, timeout=PATIENCE):
        """Run a kubectl that must succeed; give what it prints."""
        done = self.attempt(*words, stdin=stdin, timeout=timeout)
        assert done.code == 0, f"kubectl {' '.join(map(str, words))}\n{done.out}{done.err}"
        return done.out

    def refused(self, *words, stdin=None):
        """Run a kubectl that must fail; give its words about it."""
        done = self.attempt(*words, stdin=stdin)
        assert done.code != 0, f"kubectl {' '.join(map(str, words))} succeeded:\n{done.out}{done.err}"
        return done.err

    def start(self, *words, **options):
        """Start a kubectl beside the test; it is ended with the test."""
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True} | options
        process = subprocess.Popen(self.words(*words), **options)
        self.started.append(process)
        return process

    def apply(self, *objects):
        """Apply objects, as a user does with a file of them."""
        return self.run("apply", "-f", "-", stdin={"apiVersion": "v1", "kind": "List", "items": list(objects)})

    def get(self, *words):
        """Give one object as kubectl's JSON."""
        return json.loads(self.run("get", *words, "-o", "json"))

    def ready(self, *names, condition="Ready", timeout=PATIENCE):
        """Wait for pods."""
        self.run("wait", f"--for=condition={condition}", f"--timeout={timeout}s", *names, timeout=timeout + 10)

    def pod(self, name):
        """Give a pod as plain data."""
        return self.api.sanitize_for_serialization(self.core.read_namespaced_pod(name, self.namespace))

    def sh(self, pod, script, *words):
        """Run a line of shell in a pod."""
        return self.run("exec", *words, pod, "--", "sh", "-c", script).strip()

    def ask(self, pod, host, port=8080, path="/"):
        """Send a request from a pod; give the answer, or timeout, refused, ...: never raises."""
        return self.run("exec", pod, "--", "python3", "-c", ASK, host, port, path).strip()

    def until(self, look, what="", within=PATIENCE):
        """Look again and again until something true is seen, and give it."""
        deadline = time.monotonic() + within
        while True:
            seen = look()
            if seen:
                return seen
            assert time.monotonic() < deadline, f"not within {within} s: {what or look}"
            time.sleep(0.05)

    def close(self):
        for process in self.started:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()
        self.started.clear()


class Build:
    """The objects that the tests apply."""

    image = IMAGE
    server = SERVER

    def container(self, script="exec sleep 1000", name="main", **more):
        return {"name": name, "image": IMAGE, "command": ["sh", "-c", script]} | more

    def web(self, port=8080, **more):
        """A container that answers HTTP; ready when it does."""
        probe = {"tcpSocket": {"port": port}, "periodSeconds": 1}
        command = {"command": ["python3", "-S", "-c", SERVER, str(port)], "ports": [{"containerPort": port}]}
        return self.container() | command | {"readinessProbe": probe} | more

    def spec(self, *containers, **more):
        return {"terminationGracePeriodSeconds": 1, "containers": list(containers) or [self.container()]} | more

    def meta(self, name, labels=None, **more):
        return {"name": name, "labels": labels or {"app": name}} | more

    def pod(self, name, *containers, labels=None, annotations=None, **spec):
        meta = self.meta(name, labels, **({"annotations": annotations} if annotations else {}))
        return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": self.spec(*containers, **spec)}

    def template(self, name, *containers, **spec):
        return {"metadata": {"labels": {"app": name}}, "spec": self.spec(*containers, **spec)}

    def workload(self, kind, name, *containers, pod=None, **spec):
        """A Deployment, StatefulSet, DaemonSet: what has a selector and a template."""
        body = {"selector": {"matchLabels": {"app": name}}, "template": self.template(name, *containers, **pod or {})}
        return {"apiVersion": "apps/v1", "kind": kind, "metadata": self.meta(name), "spec": body | spec}

    def service(self, name, port=80, target=8080, **spec):
        body = {"selector": {"app": name}, "ports": [{"name": "http", "port": port, "targetPort": target}]} | spec
        return self.of("v1", "Service", name, spec=body)

    def of(self, version, kind, name, **more):
        """Any other kind."""
        return {"apiVersion": version, "kind": kind, "metadata": {"name": name}} | more


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """The cluster: given, or an embedded one that ends with the tests."""
    cache = tmp_path_factory.mktemp("kubectl")
    given = os.environ.get("CONFORMANCE_KUBECONFIG")
    if given:
        yield _seen(Cluster(Path(given), cache, os.environ.get("CONFORMANCE_INGRESS", "")))
        return
    name = f"conformance-{uuid.uuid4().hex[:12]}"
    try:
        told = _localcluster("up", name, "--images", ROOT / "demo/jewelry-shop/images", "--wait", "60")
        kubeconfig = re.search(r"^KUBECONFIG=(.*)$", told, re.MULTILINE)[1]
        status = json.loads(_localcluster("status", name, "--json"))
        yield _seen(Cluster(Path(kubeconfig), cache, status["ingress"]))
    finally:
        _localcluster("down", name)


def _localcluster(*words):
    command = [sys.executable, "-m", "localcluster", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _seen(cluster):
    """Wait until every node is Ready, and note the version."""
    kube = Kube(cluster, "default", None)
    kube.until(lambda: kube.get("nodes")["items"], "nodes")
    kube.run("wait", "--for=condition=Ready", "nodes", "--all", f"--timeout={PATIENCE}s")
    cluster.version = json.loads(kube.run("version", "-o", "json"))["serverVersion"]["gitVersion"]
    return cluster


@pytest.fixture(scope="module")
def namespace(cluster, request):
    """Tests in one file share a namespace."""
    api = config.new_client_from_config(config_file=str(cluster.kubeconfig))
    stem = Path(request.path).stem.removeprefix("test_").replace("_", "-")
    name = f"conf-{stem}-{uuid.uuid4().hex[:5]}"
    kube = Kube(cluster, name, api)
    kube.run("create", "namespace", name)
    # a pod needs its namespace's account, which a real cluster makes some milliseconds later
    kube.until(lambda: kube.attempt("get", "serviceaccount", "default").code == 0, "the default service account")
    yield kube
    kube.run("delete", "namespace", name, "--wait=false")


@pytest.fixture
def kube(namespace):
    """Kubectl and Python clients in the namespace of this file."""
    yield namespace
    namespace.close()


@pytest.fixture(scope="session")
def build():
    """Makes objects."""
    return Build()


@pytest.fixture
def only_embedded(cluster):
    """For what only the embedded cluster has, or lacks."""
    if not cluster.embedded:
        pytest.skip(f"{cluster.version} is not an embedded cluster")


@pytest.fixture
def make_cluster_objects(namespace):
    """Apply objects without a namespace, and delete them after the test."""
    made = []

    def make(*objects):
        made.extend(objects)
        namespace.apply(*objects)

    yield make
    for one in made:
        namespace.run("delete", f"{one['kind']}/{one['metadata']['name']}", "--ignore-not-found", "--wait=false")
