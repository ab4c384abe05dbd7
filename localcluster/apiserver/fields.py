"""Which fields a field selector may name, and where they lie."""

from localcluster.apiserver.errors import bad_request
from localcluster.apiserver.resources import Resource
from localcluster.apiserver.store import field_of
from localcluster.client import Obj
from localcluster.selectors import EVERYTHING, Selector, SelectorError, parse, parse_fields

_META = ("metadata.name", "metadata.namespace")
_INVOLVED = tuple(
    f"involvedObject.{one}"
    for one in ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
)
_REGARDING = tuple(one.replace("involvedObject", "regarding") for one in _INVOLVED)
_FIELDS: dict[str, tuple[str, ...]] = {
    "pods": (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.nominatedNodeName",
    ),
    "events": (*_INVOLVED, "reason", "reportingComponent", "source", "type"),
    "events.events.k8s.io": (*_REGARDING, "reason", "reportingController", "type"),
    "secrets": ("type",),
    "services": ("spec.clusterIP", "spec.type"),
    "namespaces": ("status.phase",),
    "nodes": ("spec.unschedulable",),
    "jobs.batch": ("status.successful",),
    "replicasets.apps": ("status.replicas",),
}
# a selector names these otherwise than the stored object does
_WHERE = {
    "source": "source.component",
    "status.successful": "status.succeeded",
    "reportingController": "reportingComponent",
}
_ZERO = {"spec.unschedulable": "false", "spec.hostNetwork": "false", "status.successful": "0", "status.replicas": "0"}


def read_selectors(resource: Resource, labels: str, fields: str) -> tuple[Selector, Selector]:
    """Read both selectors of a request; raises ApiError 400."""
    try:
        found = (parse(labels) if labels else EVERYTHING), (parse_fields(fields) if fields else EVERYTHING)
    except SelectorError as error:
        raise bad_request(str(error)) from error
    known = _META + _FIELDS.get(resource.full_name, ())
    for one in found[1].requirements:
        if one.key not in known:
            raise bad_request(f"field label not supported: {one.key}")
    return found


def matches(obj: Obj, labels: Selector, fields: Selector) -> bool:
    """Judge a stored object by both selectors."""
    return labels.matches(obj["metadata"].get("labels")) and (
        not fields.requirements or fields.matches_fields(lambda path: _text(obj, path))
    )


def _text(obj: Obj, path: str) -> str:
    value = field_of(obj, _WHERE.get(path, path).replace("regarding.", "involvedObject."))
    if isinstance(value, bool):
        return str(value).lower()
    return _ZERO.get(path, "") if value is None else str(value)
