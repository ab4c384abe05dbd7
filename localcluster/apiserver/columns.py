"""The columns of `kubectl get`, kind by kind.

Each is a heading and how to fill its cells; a heading after `|` shows with -o wide only.
"""

from localcluster.apiserver import cells
from localcluster.apiserver.ages import age
from localcluster.apiserver.pod_state import pod_ready, pod_restarts, pod_status
from localcluster.apiserver.store import field_of

_TEMPLATE: dict[str, cells.Cell] = {
    "|Containers": cells.in_template("name"),
    "|Images": cells.in_template("image"),
    "|Selector": cells.selector_at(),
}

COLUMNS: dict[str, dict[str, cells.Cell]] = {
    "pods": {
        "Name": cells.name_of,
        "Ready": pod_ready,
        "Status": pod_status,
        "Restarts": pod_restarts,
        "Age": cells.age_of,
        "|IP": cells.at("status.podIP"),
        "|Node": cells.at("spec.nodeName"),
        "|Nominated Node": cells.at("status.nominatedNodeName"),
        "|Readiness Gates": cells.joined(
            lambda obj: [one["conditionType"] for one in obj["spec"].get("readinessGates", ())]
        ),
    },
    "deployments.apps": {
        "Name": cells.name_of,
        "Ready": cells.out_of("status.readyReplicas", "spec.replicas", 1),
        "Up-to-date": cells.at("status.updatedReplicas", 0),
        "Available": cells.at("status.availableReplicas", 0),
        "Age": cells.age_of,
        **_TEMPLATE,
    },
    "replicasets.apps": {
        "Name": cells.name_of,
        "Desired": cells.at("spec.replicas", 0),
        "Current": cells.at("status.replicas", 0),
        "Ready": cells.at("status.readyReplicas", 0),
        "Age": cells.age_of,
        **_TEMPLATE,
    },
    "statefulsets.apps": {
        "Name": cells.name_of,
        "Ready": cells.out_of("status.readyReplicas", "spec.replicas", 1),
        "Age": cells.age_of,
        "|Containers": cells.in_template("name"),
        "|Images": cells.in_template("image"),
    },
    "daemonsets.apps": {
        "Name": cells.name_of,
        "Desired": cells.at("status.desiredNumberScheduled", 0),
        "Current": cells.at("status.currentNumberScheduled", 0),
        "Ready": cells.at("status.numberReady", 0),
        "Up-to-date": cells.at("status.updatedNumberScheduled", 0),
        "Available": cells.at("status.numberAvailable", 0),
        "Node Selector": cells.labels_at("spec.template.spec.nodeSelector"),
        "Age": cells.age_of,
        **_TEMPLATE,
    },
    "jobs.batch": {
        "Name": cells.name_of,
        "Status": cells.job_status,
        "Completions": cells.out_of("status.succeeded", "spec.completions", 1),
        "Duration": cells.job_duration,
        "Age": cells.age_of,
        **_TEMPLATE,
    },
    "controllerrevisions.apps": {
        "Name": cells.name_of,
        "Controller": cells.joined(
            lambda obj: [
                f"{one['kind'].lower()}.{one['apiVersion'].partition('/')[0]}/{one['name']}"
                for one in obj["metadata"].get("ownerReferences", ())
                if one.get("controller")
            ]
        ),
        "Revision": cells.at("revision", 0),
        "Age": cells.age_of,
    },
    "services": {
        "Name": cells.name_of,
        "Type": cells.at("spec.type"),
        "Cluster-IP": cells.at("spec.clusterIP"),
        "External-IP": cells.at("spec.externalName"),
        "Port(s)": cells.ports,
        "Age": cells.age_of,
        "|Selector": cells.labels_at("spec.selector"),
    },
    "endpoints": {"Name": cells.name_of, "Endpoints": cells.addresses, "Age": cells.age_of},
    "endpointslices.discovery.k8s.io": {
        "Name": cells.name_of,
        "AddressType": cells.at("addressType"),
        "Ports": cells.slice_ports,
        "Endpoints": cells.slice_addresses,
        "Age": cells.age_of,
    },
    "namespaces": {"Name": cells.name_of, "Status": cells.at("status.phase"), "Age": cells.age_of},
    "nodes": {
        "Name": cells.name_of,
        "Status": cells.node_status,
        "Roles": cells.node_roles,
        "Age": cells.age_of,
        "Version": cells.at("status.nodeInfo.kubeletVersion", ""),
        "|Internal-IP": cells.node_address("InternalIP"),
        "|External-IP": cells.node_address("ExternalIP"),
        "|OS-Image": cells.at("status.nodeInfo.osImage", "<unknown>"),
        "|Kernel-Version": cells.at("status.nodeInfo.kernelVersion", "<unknown>"),
        "|Container-Runtime": cells.at("status.nodeInfo.containerRuntimeVersion", "<unknown>"),
    },
    "configmaps": {
        "Name": cells.name_of,
        "Data": lambda obj: len(obj.get("data") or ()) + len(obj.get("binaryData") or ()),
        "Age": cells.age_of,
    },
    "secrets": {"Name": cells.name_of, "Type": cells.at("type"), "Data": cells.count("data"), "Age": cells.age_of},
    "serviceaccounts": {"Name": cells.name_of, "Age": cells.age_of},
    "persistentvolumeclaims": {
        "Name": cells.name_of,
        "Status": cells.phase,
        "Volume": cells.at("spec.volumeName", ""),
        "Capacity": cells.at("status.capacity.storage", ""),
        "Access Modes": cells.modes("status.accessModes"),
        "StorageClass": cells.at("spec.storageClassName", ""),
        "VolumeAttributesClass": cells.at("spec.volumeAttributesClassName", "<unset>"),
        "Age": cells.age_of,
        "|VolumeMode": cells.at("spec.volumeMode", ""),
    },
    "persistentvolumes": {
        "Name": cells.name_of,
        "Capacity": cells.at("spec.capacity.storage", ""),
        "Access Modes": cells.modes("spec.accessModes"),
        "Reclaim Policy": cells.at("spec.persistentVolumeReclaimPolicy", ""),
        "Status": cells.phase,
        "Claim": cells.volume_claim,
        "StorageClass": cells.at("spec.storageClassName", ""),
        "VolumeAttributesClass": cells.at("spec.volumeAttributesClassName", "<unset>"),
        "Reason": cells.at("status.reason", ""),
        "Age": cells.age_of,
        "|VolumeMode": cells.at("spec.volumeMode", ""),
    },
    "storageclasses.storage.k8s.io": {
        "Name": cells.is_default("storageclass"),
        "Provisioner": cells.at("provisioner"),
        "ReclaimPolicy": cells.at("reclaimPolicy", "Delete"),
        "VolumeBindingMode": cells.at("volumeBindingMode", "Immediate"),
        "AllowVolumeExpansion": cells.yes_no("allowVolumeExpansion"),
        "Age": cells.age_of,
    },
    "ingressclasses.networking.k8s.io": {
        "Name": cells.name_of,
        "Controller": cells.at("spec.controller"),
        "Parameters": cells.at("spec.parameters.name"),
        "Age": cells.age_of,
    },
    "ingresses.networking.k8s.io": {
        "Name": cells.name_of,
        "Class": cells.at("spec.ingressClassName"),
        "Hosts": cells.hosts,
        "Address": cells.joined(
            lambda obj: [
                one.get("ip") or one.get("hostname") for one in field_of(obj, "status.loadBalancer.ingress") or ()
            ]
        ),
        "Ports": lambda obj: "80, 443" if obj["spec"].get("tls") else "80",
        "Age": cells.age_of,
    },
    "networkpolicies.networking.k8s.io": {
        "Name": cells.name_of,
        "Pod-Selector": cells.selector_at("spec.podSelector"),
        "Age": cells.age_of,
    },
    "horizontalpodautoscalers.autoscaling": {
        "Name": cells.name_of,
        "Reference": lambda obj: f"{obj['spec']['scaleTargetRef']['kind']}/{obj['spec']['scaleTargetRef']['name']}",
        "Targets": cells.targets,
        "MinPods": cells.at("spec.minReplicas", "<unset>"),
        "MaxPods": cells.at("spec.maxReplicas"),
        "Replicas": cells.at("status.currentReplicas", 0),
        "Age": cells.age_of,
    },
    "poddisruptionbudgets.policy": {
        "Name": cells.name_of,
        "Min Available": cells.at("spec.minAvailable", "N/A"),
        "Max Unavailable": cells.at("spec.maxUnavailable", "N/A"),
        "Allowed Disruptions": cells.at("status.disruptionsAllowed", 0),
        "Age": cells.age_of,
    },
    "resourcequotas": {
        "Name": cells.name_of,
        "Request": cells.quota("requests"),
        "Limit": cells.quota("limits"),
        "Age": cells.age_of,
    },
    "limitranges": {"Name": cells.name_of, "Created At": cells.at("metadata.creationTimestamp")},
    "events": {
        "Last Seen": cells.last_seen,
        "Type": cells.at("type", ""),
        "Reason": cells.at("reason", ""),
        "Object": cells.event_object,
        "|Subobject": cells.at("involvedObject.fieldPath", ""),
        "|Source": cells.at("source.component", ""),
        "Message": lambda obj: str(obj.get("message", "")).strip(),
        "|First Seen": lambda obj: age(obj.get("firstTimestamp") or obj.get("eventTime")),
        "|Count": lambda obj: obj.get("count") or 1,
        "|Name": cells.name_of,
    },
    "leases.coordination.k8s.io": {
        "Name": cells.name_of,
        "Holder": cells.at("spec.holderIdentity", ""),
        "Age": cells.age_of,
    },
    "priorityclasses.scheduling.k8s.io": {
        "Name": cells.name_of,
        "Value": cells.at("value", 0),
        "Global-Default": cells.yes_no("globalDefault"),
        "Age": cells.age_of,
        "PreemptionPolicy": cells.at("preemptionPolicy", "PreemptLowerPriority"),
    },
    "rolebindings.rbac.authorization.k8s.io": {"Name": cells.name_of, "Role": cells.role, "Age": cells.age_of},
    "clusterrolebindings.rbac.authorization.k8s.io": {"Name": cells.name_of, "Role": cells.role, "Age": cells.age_of},
    "roles.rbac.authorization.k8s.io": {"Name": cells.name_of, "Created At": cells.at("metadata.creationTimestamp")},
    "clusterroles.rbac.authorization.k8s.io": {
        "Name": cells.name_of,
        "Created At": cells.at("metadata.creationTimestamp"),
    },
    "apiservices.apiregistration.k8s.io": {
        "Name": cells.name_of,
        "Service": lambda obj: (
            f"{obj['spec']['service'].get('namespace')}/{obj['spec']['service'].get('name')}"
            if obj["spec"].get("service")
            else "Local"
        ),
        "Available": lambda obj: next(
            (one["status"] for one in field_of(obj, "status.conditions") or () if one["type"] == "Available"), "Unknown"
        ),
        "Age": cells.age_of,
    },
}
ANY: dict[str, cells.Cell] = {"Name": cells.name_of, "Age": cells.age_of}
