import importlib
import json

import pytest
from apiserver_cluster import deployment, pod

from localcluster.apiserver import convert, discovery, subresources, verbs
from localcluster.apiserver.resources import BY_KEY, RESOURCES
from localcluster.client import NAMESPACED, VERSIONS

_TEMPLATE = deployment()["spec"]
_JOB = {"template": {"spec": {**pod()["spec"], "restartPolicy": "Never"}}}
_CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
_TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
_ROLE = {"kind": "Role", "name": "r"}
_INGRESS_PATH = {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}}
# the smallest object of each kind that upstream takes; the others need a name only
SMALLEST = {
    "pods": {"spec": pod()["spec"]},
    "services": {"spec": {"ports": [{"port": 80}]}},
    "endpoints": {"subsets": [{"addresses": [{"ip": "10.244.1.1"}], "ports": [{"port": 80}]}]},
    "events": {"involvedObject": {"kind": "Pod", "name": "web", "namespace": "shop"}, "reason": "Tested"},
    "limitranges": {"spec": {"limits": [{"type": "Container", "max": {"cpu": "1"}}]}},
    "persistentvolumeclaims": {"spec": _CLAIM},
    "persistentvolumes": {
        "spec": {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/x"}}
    },
    "resourcequotas": {"spec": {"hard": {"pods": "5"}}},
    "apiservices.apiregistration.k8s.io": {
        "spec": {"group": "example.org", "version": "v1", "groupPriorityMinimum": 1, "versionPriority": 1}
    },
    "deployments.apps": {"spec": _TEMPLATE},
    "replicasets.apps": {"spec": _TEMPLATE},
    "daemonsets.apps": {"spec": _TEMPLATE},
    "statefulsets.apps": {
        "spec": _TEMPLATE
        | {"serviceName": "web", "volumeClaimTemplates": [{"metadata": {"name": "d"}, "spec": _CLAIM}]}
    },
    "controllerrevisions.apps": {"revision": 1, "data": {"spec": {}}},
    "jobs.batch": {"spec": _JOB},
    "horizontalpodautoscalers.autoscaling": {"spec": {"scaleTargetRef": _TARGET, "maxReplicas": 3}},
    "endpointslices.discovery.k8s.io": {"addressType": "IPv4"},
    "ingressclasses.networking.k8s.io": {"spec": {"controller": "example.org/x"}},
    "ingresses.networking.k8s.io": {"spec": {"rules": [{"http": {"paths": [_INGRESS_PATH]}}]}},
    "networkpolicies.networking.k8s.io": {"spec": {"podSelector": {}, "egress": []}},
    "rolebindings.rbac.authorization.k8s.io": {"roleRef": _ROLE, "subjects": [{"kind": "User", "name": "u"}]},
    "clusterrolebindings.rbac.authorization.k8s.io": {"roleRef": _ROLE | {"kind": "ClusterRole"}},
    "roles.rbac.authorization.k8s.io": {"rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]},
    "priorityclasses.scheduling.k8s.io": {"value": 7},
    "storageclasses.storage.k8s.io": {"provisioner": "example.org/x"},
}
STORED = [one for one in RESOURCES if one.verbs != ("create",)]


def _model(type_name):
    models = importlib.import_module("kubernetes.client.models")
    return getattr(models, type_name)


@pytest.mark.parametrize("resource", STORED, ids=lambda one: f"{one.plural}.{one.api_version}")
def test_the_typed_client_accepts_every_kind(cluster, resource):
    """Its models refuse unknown, missing and mistyped fields."""
    smallest = {"metadata": {"name": "thing"}} | SMALLEST.get(resource.key, {})
    made = cluster.create(resource.key, smallest, "shop" if resource.namespaced else None)

    _model(resource.schema).model_validate(convert.to_served(resource, made))


def test_the_typed_client_accepts_a_scale(cluster):
    cluster.create("deployments.apps", deployment())

    scale = subresources.get(cluster.registry, (BY_KEY["deployments.apps"], "shop", "web"), "scale")

    _model("V1Scale").model_validate(scale)


@pytest.mark.parametrize("resource", STORED, ids=lambda one: f"{one.plural}.{one.api_version}")
def test_a_kind_written_back_unchanged_does_not_change(cluster, resource):
    smallest = {"metadata": {"name": "thing"}} | SMALLEST.get(resource.key, {})
    made = cluster.create(resource.key, smallest, "shop" if resource.namespaced else None)

    again = cluster.update(resource.key, json.loads(json.dumps(made)))

    assert again == made


def test_the_clients_tables_name_every_stored_resource():
    names = {one.full_name for one in STORED if one.namespaced and not one.stored}

    assert set(NAMESPACED) == names
    assert all(VERSIONS[one.group] in {two.version for two in STORED if two.group == one.group} for one in STORED)


def test_both_forms_of_discovery_name_the_same_resources():
    legacy = {
        (group, version, one["name"])
        for group, version in discovery.group_versions()
        for one in discovery.resources(group, version, metrics=False)["resources"]
        if "/" not in one["name"]
    }
    aggregated = {
        (group["metadata"]["name"], version["version"], one["resource"])
        for core in (True, False)
        for group in discovery.aggregated(core=core, metrics=False)["items"]
        for version in group["versions"]
        for one in version["resources"]
    }

    assert legacy == aggregated


def test_streams_are_subresources_of_something():
    known = {name for one in RESOURCES for name in one.subresources}

    assert set(verbs._STREAMS) <= known
