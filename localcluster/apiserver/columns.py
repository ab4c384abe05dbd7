"""The columns of `kubectl get`, kind by kind.

Each is a heading and how to fill its cells; a heading after `|` shows with -o wide only.
"""

from collections.abc import Callable
from typing import Any

from localcluster.apiserver.ages import age, duration
from localcluster.apiserver.pod_state import pod_ready, pod_restarts, pod_status
from localcluster.apiserver.store import field_of
from localcluster.client import Obj

Cell = Callable[[Obj], Any]
NONE = "<none>"


def at(path: str, otherwise: Any = NONE) -> Cell:
    """Show the value at a path."""

    def cell(obj: Obj) -> Any:
        value = field_of(obj, path)
        return otherwise if value in (None, "") else value

    return cell


def count(path: str) -> Cell:
    """Show how many entries a map or list has."""
    return lambda obj: len(field_of(obj, path) or ())


def joined(values: Callable[[Obj], list[Any]], separator: str = ",") -> Cell:
    """Show a list."""
    return lambda obj: separator.join(str(one) for one in values(obj)) or NONE


def _name(obj: Obj) -> str:
    return str(obj["metadata"]["name"])


def _age(obj: Obj) -> str:
    return age(obj["metadata"].get("creationTimestamp"))


def _out_of(have: str, want: str, otherwise: int = 0) -> Cell:
    return lambda obj: f"{field_of(obj, have) or 0}/{otherwise if (n := field_of(obj, want)) is None else n}"


def _template(part: str) -> Cell:
    return joined(lambda obj: [one.get(part, "") for one in field_of(obj, "spec.template.spec.containers") or ()])


def _selector(path: str = "spec.selector") -> Cell:
    def cell(obj: Obj) -> str:
        selector = field_of(obj, path) or {}
        pairs = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
        for one in selector.get("matchExpressions") or ():
            values = f" ({','.join(one['values'])})" if one.get("values") else ""
            pairs.append(f"{one['key']} {one['operator'].lower()}{values}")
        return ",".join(pairs) or NONE

    return cell


def _labels(path: str) -> Cell:
    return joined(lambda obj: [f"{key}={value}" for key, value in sorted((field_of(obj, path) or {}).items())])


def _ports(obj: Obj) -> str:
    ports = obj["spec"].get("ports", ())
    return ",".join(f"{one['port']}/{one.get('protocol', 'TCP')}" for one in ports) or NONE


def _addresses(obj: Obj) -> str:
    found = [
        f"{address['ip']}:{port['port']}"
        for subset in obj.get("subsets", ())
        for port in subset.get("ports", ()) or ({"port": ""},)
        for address in subset.get("addresses", ())
    ]
    return f"{','.join(found[:3])} + {len(found) - 3} more..." if len(found) > 3 else ",".join(found) or NONE


def _slice_ports(obj: Obj) -> str:
    return ",".join(str(one.get("port")) for one in obj.get("ports") or ()) or "<unset>"


def _slice_addresses(obj: Obj) -> str:
    found = [address for one in obj.get("endpoints") or () for address in one["addresses"]]
    return f"{','.join(found[:3])} + {len(found) - 3} more..." if len(found) > 3 else ",".join(found) or "<unset>"


def _node_status(obj: Obj) -> str:
    conditions = field_of(obj, "status.conditions") or ()
    ready = next((one["status"] for one in conditions if one["type"] == "Ready"), None)
    text = {"True": "Ready", None: "Unknown"}.get(ready, "NotReady")
    return f"{text},SchedulingDisabled" if obj["spec"].get("unschedulable") else text


def _node_roles(obj: Obj) -> str:
    prefix = "node-role.kubernetes.io/"
    labels = obj["metadata"].get("labels", {})
    return ",".join(sorted(key.removeprefix(prefix) for key in labels if key.startswith(prefix))) or NONE


def _node_address(kind: str) -> Cell:
    def cell(obj: Obj) -> str:
        addresses = field_of(obj, "status.addresses") or ()
        return next((str(one["address"]) for one in addresses if one["type"] == kind), NONE)

    return cell


def _job_status(obj: Obj) -> str:
    conditions = {one["type"] for one in field_of(obj, "status.conditions") or () if one["status"] == "True"}
    for name, text in (("Complete", "Complete"), ("Failed", "Failed"), ("Suspended", "Suspended")):
        if name in conditions:
            return text
    return "Terminating" if "deletionTimestamp" in obj["metadata"] else "Running"


def _job_duration(obj: Obj) -> str:
    start, end = field_of(obj, "status.startTime"), field_of(obj, "status.completionTime")
    return duration(start, end) if start else ""


def _targets(obj: Obj) -> str:
    current = field_of(obj, "status.currentMetrics") or []
    texts = []
    for index, metric in enumerate(obj["spec"].get("metrics", ())):
        seen = current[index] if index < len(current) else {}
        texts.append(_target(metric, seen))
    return ", ".join(texts) or NONE


def _target(metric: Obj, seen: Obj) -> str:
    source = metric["type"][0].lower() + metric["type"][1:]
    wanted = (metric.get(source) or {}).get("target", {})
    found = (seen.get(source) or {}).get("current", {})
    name = (metric.get(source) or {}).get("name")
    prefix = f"{name}: " if name else ""
    if "averageUtilization" in wanted:
        percent = found.get("averageUtilization")
        return f"{prefix}{'<unknown>' if percent is None else f'{percent}%'}/{wanted['averageUtilization']}%"
    key = "averageValue" if "averageValue" in wanted else "value"
    suffix = " (avg)" if key == "averageValue" else ""
    return f"{prefix}{found.get(key, '<unknown>')}/{wanted.get(key, NONE)}{suffix}"


def _quota(section: str) -> Cell:
    def cell(obj: Obj) -> str:
        hard = field_of(obj, "status.hard") or field_of(obj, "spec.hard") or {}
        used = field_of(obj, "status.used") or {}
        limits = {key for key in hard if key.startswith("limits.")}
        names = sorted(limits if section == "limits" else hard.keys() - limits)
        return ", ".join(f"{name}: {used.get(name, '0')}/{hard[name]}" for name in names)

    return cell


def _hosts(obj: Obj) -> str:
    hosts = [rule["host"] for rule in obj["spec"].get("rules", ()) if rule.get("host")]
    return ",".join(hosts) or "*"


def _event_object(obj: Obj) -> str:
    involved = obj["involvedObject"]
    return f"{involved.get('kind', '').lower()}/{involved.get('name', '')}"


def _last_seen(obj: Obj) -> str:
    return age(field_of(obj, "series.lastObservedTime") or obj.get("lastTimestamp") or obj.get("eventTime"))


def _volume_claim(obj: Obj) -> str:
    claim = obj["spec"].get("claimRef")
    return f"{claim.get('namespace')}/{claim.get('name')}" if claim else ""


_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def _modes(path: str) -> Cell:
    return lambda obj: ",".join(_MODES.get(one, one) for one in field_of(obj, path) or ())


def _phase(obj: Obj) -> str:
    if "deletionTimestamp" in obj["metadata"]:
        return "Terminating"
    return str(field_of(obj, "status.phase") or "")


def _is_default(kind: str) -> Cell:
    def cell(obj: Obj) -> str:
        key = f"{kind}.kubernetes.io/is-default-class"
        default = obj["metadata"].get("annotations", {}).get(key) == "true"
        return f"{_name(obj)} (default)" if default else _name(obj)

    return cell


def _yes_no(path: str) -> Cell:
    return lambda obj: str(bool(field_of(obj, path))).lower()


def _role(obj: Obj) -> str:
    return f"{obj['roleRef'].get('kind')}/{obj['roleRef'].get('name')}"


def _budget(path: str) -> Cell:
    return at(path, "N/A")


def _subset(*words: str) -> str:
    return " ".join(words)


_TEMPLATE: dict[str, Cell] = {"|Containers": _template("name"), "|Images": _template("image"), "|Selector": _selector()}
_READY_GATES = at("spec.readinessGates")

COLUMNS: dict[str, dict[str, Cell]] = {
    "pods": {
        "Name": _name,
        "Ready": pod_ready,
        "Status": pod_status,
        "Restarts": pod_restarts,
        "Age": _age,
        "|IP": at("status.podIP"),
        "|Node": at("spec.nodeName"),
        "|Nominated Node": at("status.nominatedNodeName"),
        "|Readiness Gates": _READY_GATES,
    },
    "deployments.apps": {
        "Name": _name,
        "Ready": _out_of("status.readyReplicas", "spec.replicas", 1),
        "Up-to-date": at("status.updatedReplicas", 0),
        "Available": at("status.availableReplicas", 0),
        "Age": _age,
        **_TEMPLATE,
    },
    "replicasets.apps": {
        "Name": _name,
        "Desired": at("spec.replicas", 0),
        "Current": at("status.replicas", 0),
        "Ready": at("status.readyReplicas", 0),
        "Age": _age,
        **_TEMPLATE,
    },
    "statefulsets.apps": {
        "Name": _name,
        "Ready": _out_of("status.readyReplicas", "spec.replicas", 1),
        "Age": _age,
        "|Containers": _template("name"),
        "|Images": _template("image"),
    },
    "daemonsets.apps": {
        "Name": _name,
        "Desired": at("status.desiredNumberScheduled", 0),
        "Current": at("status.currentNumberScheduled", 0),
        "Ready": at("status.numberReady", 0),
        "Up-to-date": at("status.updatedNumberScheduled", 0),
        "Available": at("status.numberAvailable", 0),
        "Node Selector": _labels("spec.template.spec.nodeSelector"),
        "Age": _age,
        **_TEMPLATE,
    },
    "jobs.batch": {
        "Name": _name,
        "Status": _job_status,
        "Completions": _out_of("status.succeeded", "spec.completions", 1),
        "Duration": _job_duration,
        "Age": _age,
        **_TEMPLATE,
    },
    "controllerrevisions.apps": {
        "Name": _name,
        "Controller": joined(
            lambda obj: [
                f"{one['kind'].lower()}.{one['apiVersion'].partition('/')[0]}/{one['name']}"
                for one in obj["metadata"].get("ownerReferences", ())
                if one.get("controller")
            ]
        ),
        "Revision": at("revision", 0),
        "Age": _age,
    },
    "services": {
        "Name": _name,
        "Type": at("spec.type"),
        "Cluster-IP": at("spec.clusterIP"),
        "External-IP": at("spec.externalName"),
        "Port(s)": _ports,
        "Age": _age,
        "|Selector": _labels("spec.selector"),
    },
    "endpoints": {"Name": _name, "Endpoints": _addresses, "Age": _age},
    "endpointslices.discovery.k8s.io": {
        "Name": _name,
        "AddressType": at("addressType"),
        "Ports": _slice_ports,
        "Endpoints": _slice_addresses,
        "Age": _age,
    },
    "namespaces": {"Name": _name, "Status": at("status.phase"), "Age": _age},
    "nodes": {
        "Name": _name,
        "Status": _node_status,
        "Roles": _node_roles,
        "Age": _age,
        "Version": at("status.nodeInfo.kubeletVersion", ""),
        "|Internal-IP": _node_address("InternalIP"),
        "|External-IP": _node_address("ExternalIP"),
        "|OS-Image": at("status.nodeInfo.osImage", "<unknown>"),
        "|Kernel-Version": at("status.nodeInfo.kernelVersion", "<unknown>"),
        "|Container-Runtime": at("status.nodeInfo.containerRuntimeVersion", "<unknown>"),
    },
    "configmaps": {
        "Name": _name,
        "Data": lambda obj: len(obj.get("data") or ()) + len(obj.get("binaryData") or ()),
        "Age": _age,
    },
    "secrets": {"Name": _name, "Type": at("type"), "Data": count("data"), "Age": _age},
    "serviceaccounts": {"Name": _name, "Age": _age},
    "persistentvolumeclaims": {
        "Name": _name,
        "Status": _phase,
        "Volume": at("spec.volumeName", ""),
        "Capacity": at("status.capacity.storage", ""),
        "Access Modes": _modes("status.accessModes"),
        "StorageClass": at("spec.storageClassName", ""),
        "VolumeAttributesClass": at("spec.volumeAttributesClassName", "<unset>"),
        "Age": _age,
        "|VolumeMode": at("spec.volumeMode", ""),
    },
    "persistentvolumes": {
        "Name": _name,
        "Capacity": at("spec.capacity.storage", ""),
        "Access Modes": _modes("spec.accessModes"),
        "Reclaim Policy": at("spec.persistentVolumeReclaimPolicy", ""),
        "Status": _phase,
        "Claim": _volume_claim,
        "StorageClass": at("spec.storageClassName", ""),
        "VolumeAttributesClass": at("spec.volumeAttributesClassName", "<unset>"),
        "Reason": at("status.reason", ""),
        "Age": _age,
        "|VolumeMode": at("spec.volumeMode", ""),
    },
    "storageclasses.storage.k8s.io": {
        "Name": _is_default("storageclass"),
        "Provisioner": at("provisioner"),
        "ReclaimPolicy": at("reclaimPolicy", "Delete"),
        "VolumeBindingMode": at("volumeBindingMode", "Immediate"),
        "AllowVolumeExpansion": _yes_no("allowVolumeExpansion"),
        "Age": _age,
    },
    "ingressclasses.networking.k8s.io": {
        "Name": _name,
        "Controller": at("spec.controller"),
        "Parameters": at("spec.parameters.name"),
        "Age": _age,
    },
    "ingresses.networking.k8s.io": {
        "Name": _name,
        "Class": at("spec.ingressClassName"),
        "Hosts": _hosts,
        "Address": joined(
            lambda obj: [
                one.get("ip") or one.get("hostname") for one in field_of(obj, "status.loadBalancer.ingress") or ()
            ]
        ),
        "Ports": lambda obj: "80, 443" if obj["spec"].get("tls") else "80",
        "Age": _age,
    },
    "networkpolicies.networking.k8s.io": {"Name": _name, "Pod-Selector": _selector("spec.podSelector"), "Age": _age},
    "horizontalpodautoscalers.autoscaling": {
        "Name": _name,
        "Reference": lambda obj: f"{obj['spec']['scaleTargetRef']['kind']}/{obj['spec']['scaleTargetRef']['name']}",
        "Targets": _targets,
        "MinPods": at("spec.minReplicas", "<unset>"),
        "MaxPods": at("spec.maxReplicas"),
        "Replicas": at("status.currentReplicas", 0),
        "Age": _age,
    },
    "poddisruptionbudgets.policy": {
        "Name": _name,
        "Min Available": _budget("spec.minAvailable"),
        "Max Unavailable": _budget("spec.maxUnavailable"),
        "Allowed Disruptions": at("status.disruptionsAllowed", 0),
        "Age": _age,
    },
    "resourcequotas": {"Name": _name, "Request": _quota("requests"), "Limit": _quota("limits"), "Age": _age},
    "limitranges": {"Name": _name, "Created At": at("metadata.creationTimestamp")},
    "events": {
        "Last Seen": _last_seen,
        "Type": at("type", ""),
        "Reason": at("reason", ""),
        "Object": _event_object,
        "|Subobject": at("involvedObject.fieldPath", ""),
        "|Source": at("source.component", ""),
        "Message": lambda obj: str(obj.get("message", "")).strip(),
        "|First Seen": lambda obj: age(obj.get("firstTimestamp") or obj.get("eventTime")),
        "|Count": lambda obj: obj.get("count") or 1,
        "|Name": _name,
    },
    "leases.coordination.k8s.io": {"Name": _name, "Holder": at("spec.holderIdentity", ""), "Age": _age},
    "priorityclasses.scheduling.k8s.io": {
        "Name": _name,
        "Value": at("value", 0),
        "Global-Default": _yes_no("globalDefault"),
        "Age": _age,
        "PreemptionPolicy": at("preemptionPolicy", "PreemptLowerPriority"),
    },
    "rolebindings.rbac.authorization.k8s.io": {"Name": _name, "Role": _role, "Age": _age},
    "clusterrolebindings.rbac.authorization.k8s.io": {"Name": _name, "Role": _role, "Age": _age},
    "roles.rbac.authorization.k8s.io": {"Name": _name, "Created At": at("metadata.creationTimestamp")},
    "clusterroles.rbac.authorization.k8s.io": {"Name": _name, "Created At": at("metadata.creationTimestamp")},
    "apiservices.apiregistration.k8s.io": {
        "Name": _name,
        "Service": lambda obj: (
            f"{obj['spec']['service'].get('namespace')}/{obj['spec']['service'].get('name')}"
            if obj["spec"].get("service")
            else "Local"
        ),
        "Available": lambda obj: next(
            (one["status"] for one in field_of(obj, "status.conditions") or () if one["type"] == "Available"), "Unknown"
        ),
        "Age": _age,
    },
}
ANY: dict[str, Cell] = {"Name": _name, "Age": _age}
