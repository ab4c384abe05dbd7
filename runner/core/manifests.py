"""Manifests: what makes one sound, and in which order they are applied."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runner.core.target import Obj

# What others need comes first: a pod without its ConfigMap would start late, a quota after its pods would not hold.
_FIRST = (
    "Namespace",
    "CustomResourceDefinition",
    "PriorityClass",
    "StorageClass",
    "IngressClass",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "Secret",
    "ConfigMap",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "Service",
    "Endpoints",
    "PodDisruptionBudget",
    "DaemonSet",
    "StatefulSet",
    "Deployment",
    "ReplicaSet",
    "Pod",
    "Job",
    "CronJob",
    "HorizontalPodAutoscaler",
    "Ingress",
)


def in_order(objects: Sequence[Obj]) -> list[Obj]:
    """Sorted by kind, stable within a kind; kinds that are not known here come last."""
    place = {kind: index for index, kind in enumerate(_FIRST)}
    return sorted(objects, key=lambda one: place.get(one["kind"], len(_FIRST)))


def problems(objects: Sequence[Any]) -> list[str]:
    """A sentence for each that is no Kubernetes object, and one when there is none at all among the documents."""
    return [sentence for number, one in enumerate(objects, 1) if (sentence := _problem(number, one))]


def _problem(number: int, one: Any) -> str:
    if not isinstance(one, dict):
        return f"document {number} is {type(one).__name__}, not a Kubernetes object"
    missing = [key for key in ("apiVersion", "kind") if not isinstance(one.get(key), str)]
    metadata = one.get("metadata")
    if not isinstance(metadata, dict) or not metadata.get("name"):
        missing.append("metadata.name")
    return f"document {number} has no {', no '.join(missing)}" if missing else ""
