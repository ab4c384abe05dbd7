"""Read the protobuf bodies that kubectl sends for `kubectl create deployment` and the like."""

import struct
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from localcluster.apiserver.errors import bad_request
from localcluster.apiserver.protobuf_tables import MESSAGES, ROOTS
from localcluster.client import Obj

_MAGIC = b"k8s\x00"
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
Wire = Iterator[tuple[int, int, Any]]  # field number, wire type, value


def decode(body: bytes) -> Obj:
    """Give the object as its JSON would; raises ApiError 400 for a kind that has no table here."""
    if not body.startswith(_MAGIC):
        raise bad_request("the body is no Kubernetes protobuf: it lacks the prefix k8s")
    try:
        return _decode(body[len(_MAGIC) :])
    except (IndexError, struct.error, UnicodeDecodeError) as error:
        raise bad_request(f"the protobuf body is broken: {error}") from error


def _decode(body: bytes) -> Obj:
    envelope = {number: value for number, _, value in _wire(body)}
    meta = {number: value.decode() for number, _, value in _wire(envelope.get(1, b""))}
    api_version, kind = meta.get(1, ""), meta.get(2, "")
    root = ROOTS.get((api_version, kind))
    if root is None:
        raise bad_request(f"protobuf bodies of {api_version} {kind} are not understood here; send JSON")
    obj: Obj = _message(envelope.get(2, b""), root)
    return {"apiVersion": api_version, "kind": kind} | obj


def _message(raw: bytes, name: str) -> Any:
    special = _SPECIAL.get(name)
    if special is not None:
        return special(raw)
    table = MESSAGES[name]
    result: Obj = {}
    for number, wire, value in _wire(raw):
        if number in table:
            json_name, kind = table[number]
            _set(result, json_name, kind, wire, value)
    return result


def _set(result: Obj, name: str, kind: str, wire: int, value: Any) -> None:
    if kind.startswith("["):
        if wire == _BYTES and kind[1:] in _NUMBERS:
            result.setdefault(name, []).extend(_packed(value))
        else:
            result.setdefault(name, []).append(_value(kind[1:], value))
    elif kind.startswith("{"):
        pair = {number: inner for number, _, inner in _wire(value)}
        result.setdefault(name, {})[pair.get(1, b"").decode()] = _value(kind[1:], pair.get(2, b""))
    elif not name:  # an embedded message, whose fields are the outer one's in JSON
        result |= _message(value, kind)
    else:
        found = _value(kind.removesuffix("?"), value)
        if found is not None and (found or not kind.endswith("?")):
            result[name] = found


def _value(kind: str, value: Any) -> Any:
    match kind:
        case "string":
            return value.decode()
        case "bytes":
            return b64encode(value).decode()
        case "bool":
            return bool(value)
        case "int":
            return value - (1 << 64) if value >> 63 else value
        case _:
            return _message(value, kind)


_NUMBERS = ("int", "bool")


def _quantity(raw: bytes) -> str:
    text: bytes = _first(raw, b"")
    return text.decode()


def _int_or_string(raw: bytes) -> int | str:
    found = {number: value for number, _, value in _wire(raw)}
    if found.get(1):
        return str(found.get(3, b"").decode())
    return int(_value("int", found.get(2, 0)))


def _time(raw: bytes) -> str | None:
    seconds = _first(raw, 0)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if seconds else None


def _first(raw: bytes, otherwise: Any) -> Any:
    return next((value for number, _, value in _wire(raw) if number == 1), otherwise)


_SPECIAL: dict[str, Callable[[bytes], Any]] = {
    "Quantity": _quantity,
    "IntOrString": _int_or_string,
    "Time": _time,
    "MicroTime": _time,
    # free JSON that the create commands do not send
    "FieldsV1": lambda _: {},
}


def _packed(raw: bytes) -> Iterator[int]:
    place = 0
    while place < len(raw):
        value, place = _varint(raw, place)
        yield value


def _wire(raw: bytes) -> Wire:
    place = 0
    while place < len(raw):
        tag, place = _varint(raw, place)
        number, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, place = _varint(raw, place)
            yield number, wire, value
        elif wire == _BYTES:
            length, place = _varint(raw, place)
            if place + length > len(raw):
                raise IndexError("a field is longer than its message")
            yield number, wire, raw[place : place + length]
            place += length
        else:
            size = {_FIXED64: 8, _FIXED32: 4}.get(wire, 0)
            if not size:
                raise IndexError(f"wire type {wire}")
            yield number, wire, raw[place : place + size]
            place += size


def _varint(raw: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
