"""A client that speaks for the pod's service account."""

import os
from base64 import b64encode
from pathlib import Path

import yaml

from localcluster.client import HttpClient

_FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def client(scratch: Path, account: Path = _FOLDER) -> HttpClient:
    """Make a client from what Kubernetes gives every pod; raises KeyError or OSError outside one."""
    host, port = os.environ["KUBERNETES_SERVICE_HOST"], os.environ["KUBERNETES_SERVICE_PORT"]
    authority = b64encode((account / "ca.crt").read_bytes()).decode()
    cluster = {"server": f"https://{host}:{port}", "certificate-authority-data": authority}
    user = {"token": (account / "token").read_text().strip()}
    config = {
        "current-context": "pod",
        "contexts": [{"name": "pod", "context": {"cluster": "pod", "user": "pod"}}],
        "clusters": [{"name": "pod", "cluster": cluster}],
        "users": [{"name": "pod", "user": user}],
    }
    page = scratch / "kubeconfig"
    page.touch(mode=0o600)
    page.write_text(yaml.safe_dump(config))
    return HttpClient(page)
