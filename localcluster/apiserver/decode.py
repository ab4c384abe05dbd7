"""Hold a document against its type.

Wrong types are refused, unknown fields dropped and named, quantities and times spelled as upstream spells them.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from localcluster.apiserver import quantity
from localcluster.apiserver.errors import Cause, bad_request, required
from localcluster.apiserver.resources import Resource
from localcluster.apiserver.schema import Type, fields
from localcluster.client import Obj

# the typed client calls a quantity a string, but YAML writes `cpu: 1`
_QUANTITIES = frozenset(
    {"limits", "requests", "capacity", "allocatable", "hard", "used", "default", "defaultRequest", "max", "min"}
    | {"maxLimitRequestRatio", "sizeLimit", "divisor", "overhead", "allocatedResources", "averageValue", "value"}
)
_QUANTITY_OWNERS_OF_VALUE = frozenset({"V2MetricTarget", "V2MetricValueStatus"})
_MICRO_TIMES = frozenset({"acquireTime", "renewTime", "eventTime", "lastObservedTime"})
# what the typed client calls required although the server fills it in, or always did without
_LENIENT = frozenset({("V1ObjectReference", "name"), ("V1DaemonEndpoint", "Port"), ("V1PolicyRule", "verbs")})


@dataclass
class Decoded:
    """What came out: the object without unknown fields, their paths, and what is missing."""

    obj: Obj = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    missing: list[Cause] = field(default_factory=list)


class _Mismatch(Exception):
    def __init__(self, path: str, seen: Any, wanted: str) -> None:
        super().__init__(path)
        self.path, self.seen, self.wanted = path, seen, wanted


def decode(resource: Resource, document: Any, type_name: str = "") -> Decoded:
    """Read a document as an object of this resource; raises ApiError 400 when a type does not fit."""
    name = type_name or resource.schema
    if not isinstance(document, dict):
        raise bad_request(f"couldn't get version/kind; json parse error: expected an object, got {_kind(document)}")
    decoded = Decoded()
    try:
        decoded.obj = _object(document, name, "", decoded)
    except _Mismatch as error:
        raise _as_bad_request(resource, error) from error
    return decoded


def _as_bad_request(resource: Resource, error: _Mismatch) -> Exception:
    shown = f"json: cannot unmarshal {_kind(error.seen)} into Go struct field {resource.kind}.{error.path}"
    return bad_request(
        f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: '
        f"{shown} of type {error.wanted}"
    )


def _object(document: Any, type_name: str, path: str, into: Decoded) -> Obj:
    if not isinstance(document, dict):
        raise _Mismatch(path, document, type_name)
    known = fields(type_name)
    result: Obj = {}
    for key, value in document.items():
        where = f"{path}.{key}" if path else key
        if key not in known:
            into.unknown.append(where)
        elif value is not None:
            result[key] = _value(value, _as_quantity(known[key].type, type_name, key), where, into)
    for key, one in known.items():
        if one.required and key not in result and (type_name, key) not in _LENIENT:
            into.missing.append(required(f"{path}.{key}" if path else key))
    return result


def _as_quantity(declared: Type, owner: str, key: str) -> Type:
    if key not in _QUANTITIES or (key == "value" and owner not in _QUANTITY_OWNERS_OF_VALUE):
        return declared
    if declared.form == "map" and declared.item and declared.item.form == "string":
        return Type("map", Type("quantity"))
    return Type("quantity") if declared.form == "string" else declared


def _value(value: Any, declared: Type, path: str, into: Decoded) -> Any:
    match declared.form:
        case "object":
            return _object(value, declared.name, path, into)
        case "list":
            return _list(value, declared, path, into)
        case "map":
            return _map(value, declared, path, into)
        case form:
            return _SCALARS[form](value, path)


def _list(value: Any, declared: Type, path: str, into: Decoded) -> list[Any]:
    if not isinstance(value, list):
        raise _Mismatch(path, value, "array")
    item = declared.item or Type("any")
    return [_value(one, item, f"{path}[{index}]", into) for index, one in enumerate(value)]


def _map(value: Any, declared: Type, path: str, into: Decoded) -> Obj:
    if not isinstance(value, dict):
        raise _Mismatch(path, value, "map")
    item = declared.item or Type("any")
    # Go reads a null in a map as the zero value
    empty: Any = {"string": "", "bytes": "", "any": None}.get(item.form, {})
    return {key: empty if one is None else _value(one, item, f"{path}.{key}", into) for key, one in value.items()}


def _checked(form: type | tuple[type, ...], wanted: str) -> Callable[[Any, str], Any]:
    def check(value: Any, path: str) -> Any:
        if not isinstance(value, form) or (isinstance(value, bool) and form is not bool):
            raise _Mismatch(path, value, wanted)
        return value

    return check


def _quantity(value: Any, path: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _Mismatch(path, value, "resource.Quantity")
    try:
        return quantity.canonical(str(value))
    except ValueError as error:
        raise bad_request(
            "quantities must match the regular expression "
            f"'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$': {path}: {value!r}"
        ) from error


def _time(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise _Mismatch(path, value, "Time")
    try:
        moment = datetime.fromisoformat(value).astimezone(UTC)
    except ValueError as error:
        raise bad_request(f"{path}: cannot parse {value!r} as RFC 3339 time") from error
    fine = path.rpartition(".")[2] in _MICRO_TIMES
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if fine else "%Y-%m-%dT%H:%M:%SZ")


def _bytes(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise _Mismatch(path, value, "[]uint8")
    try:
        base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise bad_request(f"{path}: illegal base64 data: {error}") from error
    return value


_SCALARS: dict[str, Callable[[Any, str], Any]] = {
    "string": _checked(str, "string"),
    "integer": _checked(int, "int32"),
    "boolean": _checked(bool, "bool"),
    "number": _checked((int, float), "float64"),
    "int-or-string": _checked((int, str), "intstr.IntOrString"),
    "any": lambda value, _: value,
    "quantity": _quantity,
    "time": _time,
    "bytes": _bytes,
}


def _kind(value: Any) -> str:
    names = {bool: "bool", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")
