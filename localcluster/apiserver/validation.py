"""What upstream refuses although every field has the right type: names, references, changes of what never changes."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from localcluster.apiserver import pod_validation
from localcluster.apiserver.errors import Cause, invalid_value, required, unsupported
from localcluster.apiserver.resources import Resource
from localcluster.apiserver.store import field_of
from localcluster.client import Obj
from localcluster.selectors import SelectorError, from_label_selector

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_LABEL_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_PATH_SEGMENT = re.compile(r"(?!\.{1,2}$)[^/%]+")
_QUALIFIED = re.compile(r"([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_MEBIBYTE = 1024 * 1024
_RULE_1123_LABEL = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-'"
_RULE_1123_SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', "
    "and must start and end with an alphanumeric character"
)
_RULE_1035 = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', "
    "start with an alphabetic character, and end with an alphanumeric character"
)
_RULE_LABEL_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character"
)

Causes = Iterator[Cause]


def check_metadata(resource: Resource, meta: Obj) -> Causes:
    """Judge name, labels and annotations."""
    name = meta.get("name", "")
    if not name:
        yield required("metadata.name", "name or generateName is required")
    else:
        yield from _name(resource, name)
    for key, value in meta.get("labels", {}).items():
        yield from label("metadata.labels", key, value)
    for key in meta.get("annotations", {}):
        if not _QUALIFIED.fullmatch(key.lower()):
            yield invalid_value("metadata.annotations", key, "name part must consist of alphanumeric characters")


def check_object(resource: Resource, obj: Obj) -> Causes:
    """Judge what the object says about itself."""
    if rule := _RULES.get(resource.key):
        yield from rule(obj)


def check_change(resource: Resource, old: Obj, new: Obj) -> Causes:
    """Judge an update: some fields never change."""
    if resource.key == "pods":
        yield from pod_validation.check_change(old, new)
    for path in _IMMUTABLE.get(resource.key, ()):
        before, after = field_of(old, path), field_of(new, path)
        # what was not known at creation may be filled in once
        if before != after and before not in (None, ""):
            yield invalid_value(path, _shown(after), "field is immutable")
    if resource.key == "statefulsets.apps":
        yield from _stateful_change(old["spec"], new["spec"])
    if resource.key in ("configmaps", "secrets") and old.get("immutable"):
        yield from _sealed(old, new)


def label(path: str, key: str, value: str) -> Causes:
    """Judge one label."""
    if not _QUALIFIED.fullmatch(key):
        yield invalid_value(path, key, "name part must consist of alphanumeric characters, '-', '_' or '.'")
    if not _LABEL_VALUE.fullmatch(value):
        yield invalid_value(path, value, _RULE_LABEL_VALUE)


def _name(resource: Resource, name: str) -> Causes:
    key = resource.key
    pattern, rule, longest = _SUBDOMAIN, _RULE_1123_SUBDOMAIN, 253
    if key == "services":
        pattern, rule, longest = _LABEL_1035, _RULE_1035, 63
    elif key in ("namespaces", "statefulsets.apps"):
        pattern, rule, longest = _LABEL, _RULE_1123_LABEL, 63
    elif resource.group == "rbac.authorization.k8s.io":
        pattern, rule = _PATH_SEGMENT, "may not be '.' or '..' or contain '/' or '%'"
    if len(name) > longest:
        yield invalid_value("metadata.name", name, f"must be no more than {longest} characters")
    if not pattern.fullmatch(name):
        yield invalid_value("metadata.name", name, rule)


def _pod(obj: Obj) -> Causes:
    yield from pod_validation.check_spec(obj["spec"], "spec")


def _workload(*, restart: tuple[str, ...], own_selector: bool = False) -> Callable[[Obj], Causes]:
    def rule(obj: Obj) -> Causes:
        spec = obj["spec"]
        template = spec.get("template", {})
        yield from _selects_template(spec, template)
        if spec.get("replicas", 0) < 0:
            yield invalid_value("spec.replicas", spec["replicas"], "must be greater than or equal to 0")
        policy = template.get("spec", {}).get("restartPolicy")
        if policy not in restart:
            yield unsupported("spec.template.spec.restartPolicy", policy, restart)
        if not own_selector:
            for key, value in template.get("metadata", {}).get("labels", {}).items():
                yield from label("spec.template.metadata.labels", key, value)
        pod = template.get("spec", {})
        # each claim template becomes a volume of its name, in place of one that the pod template has
        claims = [{"name": claim["metadata"]["name"]} for claim in spec.get("volumeClaimTemplates", ())]
        taken = {claim["name"] for claim in claims}
        own = [volume for volume in pod.get("volumes", ()) if volume["name"] not in taken]
        yield from pod_validation.check_spec(pod | {"volumes": [*own, *claims]}, "spec.template.spec")

    return rule


def _selects_template(spec: Obj, template: Obj) -> Causes:
    selector = spec.get("selector") or {}
    labels = template.get("metadata", {}).get("labels", {})
    if not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield invalid_value("spec.selector", "{}", "empty selector is invalid for deployment")
        return
    try:
        fits = from_label_selector(selector).matches(labels)
    except SelectorError as error:
        yield invalid_value("spec.selector", str(selector), str(error))
        return
    if not fits:
        yield invalid_value(
            "spec.template.metadata.labels", _shown(labels), "`selector` does not match template `labels`"
        )


def _stateful_change(old: Obj, new: Obj) -> Causes:
    free = {
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    }
    fixed = (old.keys() | new.keys()) - free
    if any(old.get(key) != new.get(key) for key in fixed):
        names = "'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', "
        names += "'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds'"
        yield Cause(
            "spec",
            f"Forbidden: updates to statefulset spec for fields other than {names} are forbidden",
            "FieldValueForbidden",
        )


def _sealed(old: Obj, new: Obj) -> Causes:
    for key in ("data", "binaryData", "immutable"):
        if old.get(key) != new.get(key):
            yield Cause(key, "Forbidden: field is immutable when `immutable` is set", "FieldValueForbidden")


def _service(obj: Obj) -> Causes:
    spec = obj["spec"]
    kind, ports = spec["type"], spec.get("ports", [])
    if kind in ("NodePort", "LoadBalancer"):
        message = "this cluster has neither node ports nor load balancers; use ClusterIP, and an Ingress from outside"
        yield invalid_value("spec.type", kind, message)
    elif kind not in ("ClusterIP", "ExternalName"):
        yield unsupported("spec.type", kind, ("ClusterIP", "ExternalName", "LoadBalancer", "NodePort"))
    if kind == "ExternalName" and not spec.get("externalName"):
        yield required("spec.externalName")
    if not ports and kind != "ExternalName" and spec.get("clusterIP") != "None":
        yield required("spec.ports")
    for index, port in enumerate(ports):
        yield from _service_port(port, f"spec.ports[{index}]", named=len(ports) > 1)


def _service_port(port: Obj, path: str, *, named: bool) -> Causes:
    if named and not port.get("name"):
        yield required(f"{path}.name")
    number = port.get("port", 0)
    if not 0 < number < 65536:
        yield invalid_value(f"{path}.port", number, "must be between 1 and 65535, inclusive")
    if port["protocol"] not in ("TCP", "UDP", "SCTP"):
        yield unsupported(f"{path}.protocol", port["protocol"], ("SCTP", "TCP", "UDP"))


def _data(obj: Obj) -> Causes:
    size = 0
    for section in ("data", "binaryData"):
        for key, value in obj.get(section, {}).items():
            size += len(value)
            if not _CONFIG_KEY.fullmatch(key):
                rule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
                yield invalid_value(f"{section}[{key}]", key, rule)
    if size > _MEBIBYTE:
        yield Cause("data", f"Too long: may not be more than {_MEBIBYTE} bytes", "FieldValueTooLong")


def _claim(obj: Obj) -> Causes:
    spec = obj["spec"]
    if not spec.get("accessModes"):
        yield required("spec.accessModes", "at least 1 access mode is required")
    if "storage" not in spec.get("resources", {}).get("requests", {}):
        yield required("spec.resources[storage]")


def _volume(obj: Obj) -> Causes:
    spec = obj["spec"]
    if not spec.get("accessModes"):
        yield required("spec.accessModes")
    if not spec.get("capacity"):
        yield required("spec.capacity")


def _autoscaler(obj: Obj) -> Causes:
    spec = obj["spec"]
    least, most = spec["minReplicas"], spec["maxReplicas"]
    if least < 1:
        yield invalid_value("spec.minReplicas", least, "must be greater than or equal to 1")
    if most < 1:
        yield invalid_value("spec.maxReplicas", most, "must be greater than 0")
    if most < least:
        yield invalid_value("spec.maxReplicas", most, "must be greater than or equal to `minReplicas`")


def _budget(obj: Obj) -> Causes:
    spec = obj.get("spec", {})
    if "minAvailable" in spec and "maxUnavailable" in spec:
        yield invalid_value("spec", _shown(spec), "minAvailable and maxUnavailable cannot be both set")


def _ingress(obj: Obj) -> Causes:
    spec = obj.get("spec", {})
    if not spec.get("rules") and not spec.get("defaultBackend"):
        yield invalid_value("spec", _shown(spec), "either `defaultBackend` or `rules` must be specified")
    for number, rule in enumerate(spec.get("rules", ())):
        for index, path in enumerate((rule.get("http") or {}).get("paths", ())):
            where = f"spec.rules[{number}].http.paths[{index}]"
            if path.get("pathType") not in ("Exact", "Prefix", "ImplementationSpecific"):
                allowed = ("Exact", "ImplementationSpecific", "Prefix")
                yield unsupported(f"{where}.pathType", path.get("pathType"), allowed)
            elif path["pathType"] != "ImplementationSpecific" and not path.get("path", "").startswith("/"):
                yield invalid_value(f"{where}.path", path.get("path", ""), "must be an absolute path")


def _network_policy(obj: Obj) -> Causes:
    spec = obj["spec"]
    for kind in spec["policyTypes"]:
        if kind not in ("Ingress", "Egress"):
            yield unsupported("spec.policyTypes", kind, ("Egress", "Ingress"))


def _limit_range(obj: Obj) -> Causes:
    for index, item in enumerate(obj["spec"]["limits"]):
        if item["type"] not in ("Container", "Pod", "PersistentVolumeClaim"):
            allowed = ("Container", "PersistentVolumeClaim", "Pod")
            yield unsupported(f"spec.limits[{index}].type", item["type"], allowed)


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, dict | list) else value


_ALWAYS = _workload(restart=("Always",))
_RULES: dict[str, Callable[[Obj], Causes]] = {
    "pods": _pod,
    "deployments.apps": _ALWAYS,
    "replicasets.apps": _ALWAYS,
    "statefulsets.apps": _ALWAYS,
    "daemonsets.apps": _ALWAYS,
    "jobs.batch": _workload(restart=("Never", "OnFailure"), own_selector=True),
    "services": _service,
    "configmaps": _data,
    "secrets": _data,
    "persistentvolumeclaims": _claim,
    "persistentvolumes": _volume,
    "horizontalpodautoscalers.autoscaling": _autoscaler,
    "poddisruptionbudgets.policy": _budget,
    "ingresses.networking.k8s.io": _ingress,
    "networkpolicies.networking.k8s.io": _network_policy,
    "limitranges": _limit_range,
}
_IMMUTABLE: dict[str, tuple[str, ...]] = {
    "deployments.apps": ("spec.selector",),
    "replicasets.apps": ("spec.selector",),
    "daemonsets.apps": ("spec.selector",),
    "jobs.batch": ("spec.selector", "spec.template", "spec.completionMode"),
    "services": ("spec.clusterIP",),
    "secrets": ("type",),
    "persistentvolumeclaims": (
        "spec.storageClassName",
        "spec.accessModes",
        "spec.volumeName",
        "spec.selector",
        "spec.volumeMode",
    ),
    "storageclasses.storage.k8s.io": ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"),
    "rolebindings.rbac.authorization.k8s.io": ("roleRef",),
    "clusterrolebindings.rbac.authorization.k8s.io": ("roleRef",),
    "endpointslices.discovery.k8s.io": ("addressType",),
    "controllerrevisions.apps": ("data",),
}
