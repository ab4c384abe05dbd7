"""The label on everything that a run creates, and the small pod that it connects from."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from runner.core.target import Obj

LABEL = "e2e-run/id"
IMAGE = "docker.io/library/busybox:latest"

# A pod that nobody deletes (a killed runner, no recover) ends by itself after this many seconds.
_LIFE = 1800


def run_label(run: str) -> str:
    """The id of a run as the value of a label: at most 63 letters, digits, dashes, dots."""
    return re.sub(r"[^A-Za-z0-9._-]", "-", run)[:63].strip("-._")


def client_name(run: str, *parts: Any) -> str:
    """A name for a client pod: the same for the same run and settings, so that looking twice makes one pod."""
    return f"e2e-client-{hashlib.sha256(repr((run, parts)).encode()).hexdigest()[:10]}"


def client_pod(
    name: str, namespace: str, run: str, *, image: str = IMAGE, labels: Mapping[str, str] | None = None
) -> Obj:
    """A pod that sleeps until something is run in it: small, without rights, ended by itself after half an hour."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {**(labels or {}), LABEL: run_label(run)}},
        "spec": {
            "containers": [_container(image)],
            "restartPolicy": "Never",
            "activeDeadlineSeconds": _LIFE,
            "terminationGracePeriodSeconds": 0,
            "enableServiceLinks": False,
            "automountServiceAccountToken": False,
            "securityContext": {"runAsNonRoot": True, "runAsUser": 65534, "seccompProfile": {"type": "RuntimeDefault"}},
        },
    }


def _container(image: str) -> Obj:
    return {
        "name": "client",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sleep", str(_LIFE)],
        "resources": {
            "requests": {"cpu": "10m", "memory": "16Mi"},
            "limits": {"cpu": "200m", "memory": "64Mi"},
        },
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
