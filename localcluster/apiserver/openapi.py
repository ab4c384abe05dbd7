"""The OpenAPI v3 documents, one a group: enough for explain, for validation by the server, and for people."""

from functools import cache

from localcluster.apiserver.discovery import group_versions
from localcluster.apiserver.negotiation import dumps
from localcluster.apiserver.resources import RESOURCES, Resource
from localcluster.apiserver.schema import Type, description, fields
from localcluster.client import Obj

_FIELD_VALIDATION = {
    "name": "fieldValidation",
    "in": "query",
    "description": "What to do with unknown fields: Ignore, Warn or Strict.",
    "schema": {"type": "string", "uniqueItems": True},
}
_SCALARS: dict[str, Obj] = {
    "string": {"type": "string"},
    "integer": {"type": "integer", "format": "int32"},
    "boolean": {"type": "boolean"},
    "number": {"type": "number", "format": "double"},
    "time": {"type": "string", "format": "date-time"},
    "bytes": {"type": "string", "format": "byte"},
    "int-or-string": {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
    "any": {"type": "object"},
}


def index(version: str) -> Obj:
    """Answer GET /openapi/v3; the version in each address lets clients keep what they have."""
    paths = {}
    for group, group_version in group_versions():
        path = f"apis/{group}/{group_version}" if group else f"api/{group_version}"
        paths[path] = {"serverRelativeURL": f"/openapi/v3/{path}?hash={version}"}
    return {"paths": paths}


@cache
def document(group: str, version: str) -> bytes | None:
    """Answer GET /openapi/v3/apis/GROUP/VERSION as JSON text; the first time takes 50 ms, so not in the event loop."""
    found = [one for one in RESOURCES if (one.group, one.version) == (group, version)]
    if not found:
        return None
    schemas: Obj = {}
    for one in found:
        _collect(one.schema, schemas)
        schemas[one.schema]["x-kubernetes-group-version-kind"] = [_kind(one)]
    paths = {path: operations for one in found for path, operations in _paths(one)}
    info = {"title": "Kubernetes", "version": "unversioned"}
    return dumps({"openapi": "3.0.0", "info": info, "paths": paths, "components": {"schemas": schemas}})


def _paths(one: Resource) -> list[tuple[str, Obj]]:
    root = f"/apis/{one.group}/{one.version}" if one.group else f"/api/{one.version}"
    base = f"{root}/namespaces/{{namespace}}/{one.plural}" if one.namespaced else f"{root}/{one.plural}"
    single = {method: _operation(one, method) for method in ("get", "put", "patch", "delete")}
    many = {method: _operation(one, method) for method in ("get", "post")}
    return [(base, many), (f"{base}/{{name}}", single)]


def _operation(one: Resource, method: str) -> Obj:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{one.schema}"}}}
    operation: Obj = {
        "operationId": f"{method}{one.version.capitalize()}{one.kind}",
        "responses": {"200": {"description": "OK", "content": content}},
        "x-kubernetes-group-version-kind": _kind(one),
    }
    if method in ("post", "put", "patch"):
        operation["parameters"] = [_FIELD_VALIDATION]
    return operation


def _kind(one: Resource) -> Obj:
    return {"group": one.group, "version": one.version, "kind": one.kind}


def _collect(type_name: str, schemas: Obj) -> None:
    if type_name in schemas:
        return
    schema: Obj = {"type": "object", "description": description(type_name), "properties": {}}
    schemas[type_name] = schema
    known = fields(type_name)
    for key, one in known.items():
        schema["properties"][key] = _schema(one.type, one.description, schemas)
    if needed := [key for key, one in known.items() if one.required]:
        schema["required"] = needed


def _schema(declared: Type, text: str, schemas: Obj) -> Obj:
    described = {"description": text} if text else {}
    if declared.form == "object":
        _collect(declared.name, schemas)
        reference = {"$ref": f"#/components/schemas/{declared.name}"}
        # beside $ref nothing counts, hence allOf
        return described | {"allOf": [reference], "default": {}}
    if declared.form == "list" and declared.item:
        return described | {"type": "array", "items": _schema(declared.item, "", schemas)}
    if declared.form == "map" and declared.item:
        return described | {"type": "object", "additionalProperties": _schema(declared.item, "", schemas)}
    return described | _SCALARS[declared.form]
