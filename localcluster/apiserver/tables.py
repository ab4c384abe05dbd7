"""Objects as rows, for `kubectl get`."""

from collections.abc import Iterable

from localcluster.apiserver.columns import ANY, COLUMNS
from localcluster.apiserver.resources import Resource
from localcluster.client import Obj

_META = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp", "labels", "annotations", "ownerReferences")


def table(
    resource: Resource, objects: Iterable[Obj], version: str, *, include: str = "Metadata", headed: bool = True
) -> Obj:
    """Make a Table; `include` is None, Metadata or Object, for what each row carries of its object."""
    columns = COLUMNS.get(resource.key, ANY)
    result: Obj = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {"resourceVersion": version}}
    if headed:
        result["columnDefinitions"] = [_definition(heading) for heading in columns]
    result["rows"] = [
        {"cells": [cell(obj) for cell in columns.values()], "object": _carried(obj, include)} for obj in objects
    ]
    return result


def partial(obj: Obj) -> Obj:
    """Give the metadata only."""
    return {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": obj["metadata"]}


def _definition(heading: str) -> Obj:
    name = heading.removeprefix("|")
    wide = heading.startswith("|")
    form = "name" if name == "Name" else ""
    described = f"{name} of the object, as `kubectl get` shows it"
    return {"name": name, "type": "string", "format": form, "description": described, "priority": int(wide)}


def _carried(obj: Obj, include: str) -> Obj | None:
    if include == "None":
        return None
    return obj if include == "Object" else partial(obj)
