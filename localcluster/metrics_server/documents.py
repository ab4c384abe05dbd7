"""The objects of metrics.k8s.io."""

from collections.abc import Iterable, Mapping

from localcluster.metrics_server.api import Obj
from localcluster.metrics_server.rates import Use

_VERSION = "metrics.k8s.io/v1beta1"
_KUBECTL = "kubectl.kubernetes.io/last-applied-configuration"


def node_metrics(node: Obj, use: Use) -> Obj:
    """Write a NodeMetrics for a Node."""
    return {"kind": "NodeMetrics", "apiVersion": _VERSION, **_head(node, use), "usage": _usage(use)}


def pod_metrics(pod: Obj, uses: Mapping[str, Use]) -> Obj:
    """Write a PodMetrics for a Pod; time and window are those of the container measured first."""
    containers = [{"name": name, "usage": _usage(use)} for name, use in uses.items()]
    oldest = min(uses.values(), key=lambda use: use.at)
    return {"kind": "PodMetrics", "apiVersion": _VERSION, **_head(pod, oldest), "containers": containers}


def listed(kind: str, items: Iterable[Obj]) -> Obj:
    """Write a list of them."""
    # no version to watch from: upstream leaves it out, which clients read as this
    return {"kind": f"{kind}List", "apiVersion": _VERSION, "metadata": {"resourceVersion": ""}, "items": list(items)}


def discovery() -> Obj:
    """Write what this API has."""
    verbs = ["get", "list"]
    nodes = {"name": "nodes", "singularName": "", "namespaced": False, "kind": "NodeMetrics", "verbs": verbs}
    pods = {"name": "pods", "singularName": "", "namespaced": True, "kind": "PodMetrics", "verbs": verbs}
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": _VERSION, "resources": [nodes, pods]}


def refusal(code: int, reason: str, message: str) -> Obj:
    """Write a Status."""
    status = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    return status | {"message": message, "reason": reason, "code": code}


def _head(owner: Obj, use: Use) -> Obj:
    moment = use.at.strftime("%Y-%m-%dT%H:%M:%SZ")
    kept = {key: owner["metadata"][key] for key in ("name", "namespace", "labels") if key in owner["metadata"]}
    meta = kept | {"creationTimestamp": moment}
    return {"metadata": meta, "timestamp": moment, "window": f"{use.window:.3f}s"}


def _usage(use: Use) -> Obj:
    return {"cpu": f"{use.cpu}n", "memory": f"{use.memory // 1024}Ki"}
