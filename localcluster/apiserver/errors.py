"""The server's refusals, in upstream's words."""

from collections.abc import Sequence
from dataclasses import dataclass

from localcluster.apiserver.resources import Resource
from localcluster.client import ApiError, Obj

REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
    409: "Conflict",
    410: "Expired",
    415: "UnsupportedMediaType",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    503: "ServiceUnavailable",
}


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing wrong with an object: where, what, and upstream's word for the sort of mistake."""

    field: str
    message: str
    reason: str = "FieldValueInvalid"


def required(field: str, message: str = "") -> Cause:
    """Name a field that must be there."""
    return Cause(field, f"Required value{': ' + message if message else ''}", "FieldValueRequired")


def invalid_value(field: str, value: object, message: str) -> Cause:
    """Name a field whose value is refused."""
    shown = f'"{value}"' if isinstance(value, str) else value
    return Cause(field, f"Invalid value: {shown}: {message}")


def forbidden_value(field: str, message: str) -> Cause:
    """Name a field that may not be set or changed."""
    return Cause(field, f"Forbidden: {message}", "FieldValueForbidden")


def unsupported(field: str, value: object, allowed: Sequence[str]) -> Cause:
    """Name a field whose value is not one of the allowed."""
    names = ", ".join(f'"{one}"' for one in sorted(allowed))
    return Cause(field, f'Unsupported value: "{value}": supported values: {names}', "FieldValueNotSupported")


def invalid(resource: Resource, name: str, causes: Sequence[Cause]) -> ApiError:
    """422 with every cause at once."""
    texts = [f"{one.field}: {one.message}" for one in causes]
    text = texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"
    kind = f"{resource.kind}.{resource.group}" if resource.group else resource.kind
    details = {
        "name": name,
        "group": resource.group,
        "kind": resource.kind,
        "causes": [{"reason": one.reason, "message": one.message, "field": one.field} for one in causes],
    }
    return ApiError(422, "Invalid", f'{kind} "{name}" is invalid: {text}', details)


def not_found(resource: Resource, name: str) -> ApiError:
    """404 for an object."""
    return ApiError(404, "NotFound", f'{resource.full_name} "{name}" not found', _details(resource, name))


def already_exists(resource: Resource, name: str) -> ApiError:
    """409 on create."""
    message = f'{resource.full_name} "{name}" already exists'
    return ApiError(409, "AlreadyExists", message, _details(resource, name))


def conflict(resource: Resource, name: str, why: str = "") -> ApiError:
    """409 on write."""
    why = why or "the object has been modified; please apply your changes to the latest version and try again"
    message = f'Operation cannot be fulfilled on {resource.full_name} "{name}": {why}'
    return ApiError(409, "Conflict", message, _details(resource, name))


def forbidden(resource: Resource, name: str, why: str) -> ApiError:
    """403 of an admission check."""
    return ApiError(403, "Forbidden", f'{resource.full_name} "{name}" is forbidden: {why}', _details(resource, name))


def bad_request(message: str) -> ApiError:
    """400."""
    return ApiError(400, "BadRequest", message)


def expired(asked: int, oldest: int) -> ApiError:
    """410: the watch must begin with a new list."""
    return ApiError(410, "Expired", f"too old resource version: {asked} ({oldest})")


def no_such_resource() -> ApiError:
    """404 for a path nobody serves."""
    return ApiError(404, "NotFound", "the server could not find the requested resource")


def method_not_allowed() -> ApiError:
    """405."""
    message = "the server does not allow this method on the requested resource"
    return ApiError(405, "MethodNotAllowed", message)


def status_of(error: ApiError) -> Obj:
    """Write the refusal as a Kubernetes Status object."""
    status: Obj = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    status |= {
        "message": error.message,
        "reason": error.reason,
        "details": error.details or {},
    }  # kubectl reads details unasked
    return status | {"code": error.code}


def success(resource: Resource, name: str, uid: str) -> Obj:
    """Write the answer to a finished deletion."""
    status: Obj = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    return status | {"details": _details(resource, name) | {"uid": uid}}


def _details(resource: Resource, name: str) -> Obj:
    details = {"name": name, "kind": resource.plural}
    return details | ({"group": resource.group} if resource.group else {})
