"""What upstream fills into an object when nobody said it."""

import base64
from collections.abc import Callable
from typing import Any

from localcluster.apiserver.pod_defaults import default, default_pod, default_template
from localcluster.client import Obj

_RBAC_GROUP = "rbac.authorization.k8s.io"
_STICKY_SECONDS = 10800


def apply_defaults(stored: str, obj: Obj) -> None:
    """Fill in an object of a stored resource, in place; doing it twice changes nothing."""
    if rule := _RULES.get(stored):
        rule(obj)


def initial_status(stored: str, obj: Obj) -> None:
    """Give a new object the status that upstream starts it with; what the client sent as status is dropped."""
    if stored == "nodes":  # a kubelet registers its node with a status
        return
    obj.pop("status", None)
    if stored in _STATUS:
        obj["status"] = dict(_STATUS[stored])


_STATUS: dict[str, Obj] = {
    "namespaces": {"phase": "Active"},
    "pods": {"phase": "Pending"},
    "services": {"loadBalancer": {}},
    "persistentvolumeclaims": {"phase": "Pending"},
    "persistentvolumes": {"phase": "Pending"},
    "resourcequotas": {},
    "apiservices.apiregistration.k8s.io": {},
    "daemonsets.apps": {
        "currentNumberScheduled": 0,
        "desiredNumberScheduled": 0,
        "numberMisscheduled": 0,
        "numberReady": 0,
    },
    "deployments.apps": {},
    "replicasets.apps": {"replicas": 0},
    "statefulsets.apps": {"replicas": 0, "availableReplicas": 0},
    "horizontalpodautoscalers.autoscaling": {"desiredReplicas": 0, "currentMetrics": []},
    "jobs.batch": {},
    "ingresses.networking.k8s.io": {"loadBalancer": {}},
    "poddisruptionbudgets.policy": {
        "currentHealthy": 0,
        "desiredHealthy": 0,
        "disruptionsAllowed": 0,
        "expectedPods": 0,
    },
}


def _namespace(obj: Obj) -> None:
    obj.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
    obj["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = obj["metadata"]["name"]


def _node(obj: Obj) -> None:
    default(obj, spec={}, status={})


def _service(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    default(spec, type="ClusterIP", sessionAffinity="None")
    if spec["sessionAffinity"] == "ClientIP":
        default(spec, sessionAffinityConfig={"clientIP": {"timeoutSeconds": _STICKY_SECONDS}})
    for port in spec.get("ports", ()):
        default(port, protocol="TCP")
        if not port.get("targetPort") and "port" in port:
            port["targetPort"] = port["port"]
    if spec["type"] != "ExternalName":
        default(spec, internalTrafficPolicy="Cluster", ipFamilies=["IPv4"], ipFamilyPolicy="SingleStack")


def _endpoints(obj: Obj) -> None:
    for subset in obj.get("subsets", ()):
        for port in subset.get("ports", ()):
            default(port, protocol="TCP")


def _endpoint_slice(obj: Obj) -> None:
    default(obj, endpoints=[], ports=[])
    for port in obj["ports"]:
        default(port, name="", protocol="TCP")


def _secret(obj: Obj) -> None:
    default(obj, type="Opaque")
    for key, value in obj.pop("stringData", {}).items():
        obj.setdefault("data", {})[key] = base64.b64encode(value.encode()).decode()


def _claim(obj: Obj) -> None:
    default(obj.setdefault("spec", {}), volumeMode="Filesystem")


def _volume(obj: Obj) -> None:
    default(obj.setdefault("spec", {}), volumeMode="Filesystem", persistentVolumeReclaimPolicy="Retain")


def _storage_class(obj: Obj) -> None:
    default(obj, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def _deployment(obj: Obj) -> None:
    spec = _workload(obj)
    default(spec, strategy={}, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    strategy = spec["strategy"]
    default(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        default(strategy.setdefault("rollingUpdate", {}), maxUnavailable="25%", maxSurge="25%")


def _stateful_set(obj: Obj) -> None:
    spec = _workload(obj)
    default(spec, podManagementPolicy="OrderedReady", revisionHistoryLimit=10, updateStrategy={}, serviceName="")
    _rolling(spec["updateStrategy"], partition=0)
    kept = spec.setdefault("persistentVolumeClaimRetentionPolicy", {})
    default(kept, whenDeleted="Retain", whenScaled="Retain")
    for claim in spec.get("volumeClaimTemplates", ()):
        default(claim, apiVersion="v1", kind="PersistentVolumeClaim", status={"phase": "Pending"})
        _claim(claim)


def _daemon_set(obj: Obj) -> None:
    spec = obj["spec"]
    default_template(spec["template"])
    default(spec, revisionHistoryLimit=10, updateStrategy={})
    _rolling(spec["updateStrategy"], maxUnavailable=1, maxSurge=0)


def _rolling(strategy: Obj, **values: Any) -> None:
    default(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        default(strategy.setdefault("rollingUpdate", {}), **values)


def _workload(obj: Obj) -> Obj:
    spec: Obj = obj["spec"]
    default(spec, replicas=1)
    if "template" in spec:
        default_template(spec["template"])
    return spec


def _replica_set(obj: Obj) -> None:
    _workload(obj)


def _job(obj: Obj) -> None:
    spec = obj["spec"]
    default_template(spec["template"])
    if "parallelism" not in spec and "completions" not in spec:
        spec["completions"] = 1
    default(
        spec,
        parallelism=1,
        backoffLimit=6,
        suspend=False,
        completionMode="NonIndexed",
        manualSelector=False,
        podReplacementPolicy="TerminatingOrFailed",
    )
    if spec["manualSelector"] is False and "uid" in obj["metadata"]:
        _own_selector(obj["metadata"], spec)


def _own_selector(meta: Obj, spec: Obj) -> None:
    uid = "batch.kubernetes.io/controller-uid"
    labels = spec["template"]["metadata"].setdefault("labels", {})
    labels |= {uid: meta["uid"], "controller-uid": meta["uid"]}
    labels |= {"batch.kubernetes.io/job-name": meta["name"], "job-name": meta["name"]}
    spec.setdefault("selector", {"matchLabels": {uid: meta["uid"]}})


def _autoscaler(obj: Obj) -> None:
    spec = obj["spec"]
    cpu = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}
    default(spec, minReplicas=1)
    if not spec.get("metrics"):
        spec["metrics"] = [cpu]
    for direction in ("scaleUp", "scaleDown"):
        if "behavior" in spec:
            _scaling(spec["behavior"].setdefault(direction, {}), up=direction == "scaleUp")


def _scaling(rules: Obj, *, up: bool) -> None:
    percent = {"type": "Percent", "value": 100, "periodSeconds": 15}
    default(rules, selectPolicy="Max")
    if up:
        default(rules, stabilizationWindowSeconds=0)
    default(rules, policies=[{"type": "Pods", "value": 4, "periodSeconds": 15}, percent] if up else [percent])


def _network_policy(obj: Obj) -> None:
    spec = obj.setdefault("spec", {})
    default(spec, podSelector={}, policyTypes=["Ingress", "Egress"] if "egress" in spec else ["Ingress"])
    for rule in [*spec.get("ingress", ()), *spec.get("egress", ())]:
        for port in rule.get("ports", ()):
            default(port, protocol="TCP")


def _binding(obj: Obj) -> None:
    default(obj["roleRef"], apiGroup=_RBAC_GROUP)
    for subject in obj.get("subjects", ()):
        default(subject, apiGroup="" if subject.get("kind") == "ServiceAccount" else _RBAC_GROUP)
        if not subject["apiGroup"]:
            subject.pop("apiGroup")


def _limit_range(obj: Obj) -> None:
    for item in obj["spec"].get("limits", ()):
        if item.get("type") != "Container":
            continue
        limits = item.get("max", {}) | item.get("default", {})
        requests = item.get("min", {}) | limits | item.get("defaultRequest", {})
        item |= {key: value for key, value in (("default", limits), ("defaultRequest", requests)) if value}


_RULES: dict[str, Callable[[Obj], None]] = {
    "namespaces": _namespace,
    "nodes": _node,
    "pods": default_pod,
    "services": _service,
    "endpoints": _endpoints,
    "endpointslices.discovery.k8s.io": _endpoint_slice,
    "secrets": _secret,
    "persistentvolumeclaims": _claim,
    "persistentvolumes": _volume,
    "limitranges": _limit_range,
    "storageclasses.storage.k8s.io": _storage_class,
    "deployments.apps": _deployment,
    "statefulsets.apps": _stateful_set,
    "daemonsets.apps": _daemon_set,
    "replicasets.apps": _replica_set,
    "jobs.batch": _job,
    "horizontalpodautoscalers.autoscaling": _autoscaler,
    "networkpolicies.networking.k8s.io": _network_policy,
    "rolebindings.rbac.authorization.k8s.io": _binding,
    "clusterrolebindings.rbac.authorization.k8s.io": _binding,
}
