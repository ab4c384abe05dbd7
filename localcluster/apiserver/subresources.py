"""Writing an object through one of its paths: itself, status, scale, binding, eviction, finalize."""

from typing import Any

from localcluster.apiserver import disruption, errors
from localcluster.apiserver.decode import decode
from localcluster.apiserver.deletion import DeleteOptions, read_options
from localcluster.apiserver.patch import apply_patch
from localcluster.apiserver.registry import Options, Registry, now
from localcluster.apiserver.resources import Resource
from localcluster.client import Obj

Where = tuple[Resource, str | None, str]  # resource, namespace, name


def get(registry: Registry, where: Where, subresource: str) -> Obj:
    """Read one object through a path; raises ApiError 404."""
    resource, namespace, name = where
    entry = registry.get(resource, namespace, name)
    _check(resource, subresource, ("", "status", "scale"))
    return _scale(entry.obj) if subresource == "scale" else entry.copy()


def put(registry: Registry, where: Where, subresource: str, document: Obj, options: Options) -> Obj:
    """Replace through a path."""
    resource, namespace, name = where
    _check(resource, subresource, ("", "status", "scale", "finalize"))
    if subresource == "finalize":
        return registry.finalize(name, document, options).copy()
    if subresource == "scale":
        return _put_scale(registry, where, document, options)
    return registry.update(resource, namespace, name, document, options, subresource).copy()


def patch(registry: Registry, where: Where, subresource: str, change: tuple[Any, str], options: Options) -> Obj:
    """Patch through a path with (patch, content type)."""
    resource, namespace, name = where
    _check(resource, subresource, ("", "status", "scale"))
    if subresource == "scale":
        current = _scale(registry.get(resource, namespace, name).obj)
        scaled = apply_patch(current, change[0], change[1], "V1Scale")
        return _put_scale(registry, where, scaled, options)
    return registry.patch(resource, namespace, name, change, options, subresource).copy()


def post(registry: Registry, where: Where, subresource: str, document: Obj, options: Options) -> Obj:
    """Bind or evict a pod."""
    resource, namespace, name = where
    _check(resource, subresource, ("binding", "eviction"))
    if subresource == "binding":
        return _bind(registry, where, document, options)
    entry = registry.get(resource, namespace, name)
    asked = read_options(document.get("deleteOptions"), {})
    disruption.allow_eviction(registry.store, entry.obj, dry_run=options.dry_run or asked.dry_run)
    if not options.dry_run:
        registry.delete(resource, namespace, name, asked)
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


def _check(resource: Resource, subresource: str, possible: tuple[str, ...]) -> None:
    if subresource and subresource not in resource.subresources:
        raise errors.no_such_resource()
    if subresource not in possible:
        raise errors.method_not_allowed()


def _bind(registry: Registry, where: Where, document: Obj, options: Options) -> Obj:
    resource, namespace, name = where
    pod = registry.get(resource, namespace, name).copy()
    if node := pod["spec"].get("nodeName"):
        raise errors.conflict(resource, name, f"pod {name} is already assigned to node {node!r}")
    # the condition first: who sees the pod on its node also sees that it is scheduled
    conditions = [one for one in pod.get("status", {}).get("conditions", ()) if one["type"] != "PodScheduled"]
    scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": now()}
    pod.setdefault("status", {})["conditions"] = [scheduled, *conditions]
    pod = registry.update(resource, namespace, name, pod, options, "status").copy()
    pod["spec"]["nodeName"] = document["target"]["name"]
    registry.update(resource, namespace, name, pod, options)
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}


def _scale(obj: Obj) -> Obj:
    meta, spec, status = obj["metadata"], obj["spec"], obj.get("status", {})
    kept = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    labels = (spec.get("selector") or {}).get("matchLabels", {})
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: meta[key] for key in kept},
        "spec": {"replicas": spec.get("replicas", 0)},
        "status": {
            "replicas": status.get("replicas", 0),
            "selector": ",".join(f"{key}={value}" for key, value in sorted(labels.items())),
        },
    }


def _put_scale(registry: Registry, where: Where, document: Obj, options: Options) -> Obj:
    resource, namespace, name = where
    scale = decode(resource, document, "V1Scale").obj
    current = registry.get(resource, namespace, name).copy()
    wanted = scale.get("spec", {}).get("replicas", 0)
    current["spec"]["replicas"] = wanted
    version = scale.get("metadata", {}).get("resourceVersion")
    current["metadata"]["resourceVersion"] = version or current["metadata"]["resourceVersion"]
    return _scale(registry.update(resource, namespace, name, current, options).obj)


__all__ = ["DeleteOptions", "get", "patch", "post", "put"]
