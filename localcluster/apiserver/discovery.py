"""What this server serves, in both forms of discovery."""

from collections.abc import Iterable
from dataclasses import dataclass

from localcluster.apiserver.resources import RESOURCES, Resource
from localcluster.client import Obj

AGGREGATED_TYPE = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_READ_WRITE = ("get", "patch", "update")
_METRICS = "metrics.k8s.io"
METRICS: tuple[Resource, ...] = (
    Resource(_METRICS, "v1beta1", "NodeMetrics", "nodes", namespaced=False, verbs=("get", "list")),
    Resource(_METRICS, "v1beta1", "PodMetrics", "pods", verbs=("get", "list")),
)


@dataclass(frozen=True, slots=True)
class _Path:
    kind: str
    group: str
    version: str
    verbs: tuple[str, ...]


_SUBRESOURCES = {
    "attach": _Path("PodAttachOptions", "", "v1", ("create", "get")),
    "binding": _Path("Binding", "", "v1", ("create",)),
    "eviction": _Path("Eviction", "policy", "v1", ("create",)),
    "exec": _Path("PodExecOptions", "", "v1", ("create", "get")),
    "finalize": _Path("Namespace", "", "v1", ("update",)),
    "log": _Path("Pod", "", "v1", ("get",)),
    "portforward": _Path("PodPortForwardOptions", "", "v1", ("create", "get")),
    "proxy": _Path("NodeProxyOptions", "", "v1", ("create", "delete", "get", "patch", "update")),
    "scale": _Path("Scale", "autoscaling", "v1", _READ_WRITE),
    "token": _Path("TokenRequest", "authentication.k8s.io", "v1", ("create",)),
}


def aggregated(*, core: bool, metrics: bool) -> Obj:
    """Everything in one answer, for /api (core) or /apis (the rest)."""
    resources = [one for one in _served(metrics=metrics) if (one.group == "") == core]
    groups: dict[str, dict[str, list[Resource]]] = {}
    for one in resources:
        groups.setdefault(one.group, {}).setdefault(one.version, []).append(one)
    items = [
        {
            "metadata": {"name": group, "creationTimestamp": None},
            "versions": [
                {"version": version, "resources": [_aggregated_entry(one) for one in found], "freshness": "Current"}
                for version, found in versions.items()
            ],
        }
        for group, versions in groups.items()
    ]
    return {"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items}


def core_versions(address: str) -> Obj:
    """Answer GET /api."""
    where = {"clientCIDR": "0.0.0.0/0", "serverAddress": address}
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [where]}


def groups(*, metrics: bool) -> Obj:
    """Answer GET /apis."""
    names = dict.fromkeys(one.group for one in _served(metrics=metrics) if one.group)
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(name, metrics=metrics) for name in names]}


def group(name: str, *, metrics: bool) -> Obj | None:
    """Answer GET /apis/GROUP."""
    if not any(one.group == name for one in _served(metrics=metrics)):
        return None
    return {"kind": "APIGroup", "apiVersion": "v1"} | _group(name, metrics=metrics)


def resources(group: str, version: str, *, metrics: bool) -> Obj | None:
    """Answer GET /api/v1 and GET /apis/GROUP/VERSION."""
    found = [one for one in _served(metrics=metrics) if (one.group, one.version) == (group, version)]
    if not found:
        return None
    entries = [entry for one in found for entry in _entries(one)]
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": found[0].api_version,
        "resources": entries,
    }


def group_versions() -> list[tuple[str, str]]:
    """Give each (group, version) that has resources of this server's own."""
    return list(dict.fromkeys((one.group, one.version) for one in RESOURCES))


def _served(*, metrics: bool) -> Iterable[Resource]:
    return RESOURCES + METRICS if metrics else RESOURCES


def _group(name: str, *, metrics: bool) -> Obj:
    versions = dict.fromkeys(one.version for one in _served(metrics=metrics) if one.group == name)
    entries = [{"groupVersion": f"{name}/{version}", "version": version} for version in versions]
    return {"name": name, "versions": entries, "preferredVersion": entries[0]}


def _entries(one: Resource) -> Iterable[Obj]:
    entry: Obj = {"name": one.plural, "singularName": one.singular, "namespaced": one.namespaced, "kind": one.kind}
    entry["verbs"] = list(one.verbs)
    entry |= {"shortNames": list(one.short)} if one.short else {}
    entry |= {"categories": list(one.categories)} if one.categories else {}
    yield entry
    for name in one.subresources:
        path = _path(one, name)
        entry = {"name": f"{one.plural}/{name}", "singularName": "", "namespaced": one.namespaced}
        if path.group != one.group or path.version != one.version:
            entry |= {"group": path.group, "version": path.version}
        yield entry | {"kind": path.kind, "verbs": list(path.verbs)}


def _aggregated_entry(one: Resource) -> Obj:
    entry: Obj = {
        "resource": one.plural,
        "responseKind": {"group": one.group, "version": one.version, "kind": one.kind},
        "scope": "Namespaced" if one.namespaced else "Cluster",
        "singularResource": one.singular,
        "verbs": list(one.verbs),
    }
    entry |= {"shortNames": list(one.short)} if one.short else {}
    entry |= {"categories": list(one.categories)} if one.categories else {}
    subs = [(name, _path(one, name)) for name in one.subresources]
    entry["subresources"] = [
        {
            "subresource": name,
            "responseKind": {"group": path.group, "version": path.version, "kind": path.kind},
            "verbs": list(path.verbs),
        }
        for name, path in subs
    ]
    return entry


def _path(one: Resource, subresource: str) -> _Path:
    return _SUBRESOURCES.get(subresource) or _Path(one.kind, one.group, one.version, _READ_WRITE)
