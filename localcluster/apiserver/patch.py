"""The patch types of the API: JSON patch, JSON merge patch, strategic merge patch, and apply."""

import json
from typing import Any

from localcluster.apiserver.errors import bad_request
from localcluster.apiserver.strategic import strategic_merge
from localcluster.client import ApiError, Obj

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"
TYPES = (JSON_PATCH, MERGE_PATCH, STRATEGIC_PATCH, APPLY_PATCH)


def read_patch(content_type: str, body: bytes) -> Any:
    """Read a patch body; raises ApiError 400 or 415."""
    if content_type not in TYPES:
        supported = ", ".join(TYPES)
        raise ApiError(
            415,
            "UnsupportedMediaType",
            f"the body of the request was in an unknown format - accepted media types include: {supported}",
        )
    try:
        if content_type != APPLY_PATCH:
            return json.loads(body)
        import yaml

        return yaml.safe_load(body)
    except Exception as error:
        raise bad_request(f"error decoding patch: {error}") from error


def apply_patch(original: Obj, patch: Any, content_type: str, type_name: str) -> Obj:
    """Give the patched object; the original stays as it is. Raises ApiError 400 or 422."""
    if content_type == JSON_PATCH:
        return _json_patch(original, patch)
    if not isinstance(patch, dict):
        raise bad_request(f"error decoding patch: expected an object, got {type(patch).__name__}")
    if content_type == MERGE_PATCH:
        merged: Obj = _merge(original, patch)
        return merged
    if content_type == APPLY_PATCH:
        patch = patch | {"metadata": {k: v for k, v in (patch.get("metadata") or {}).items() if k != "managedFields"}}
    return strategic_merge(original, patch, type_name)


def _merge(original: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    result = dict(original) if isinstance(original, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merge(result.get(key), value)
    return result


def _json_patch(original: Obj, patch: Any) -> Obj:
    import jsonpatch

    if not isinstance(patch, list):
        raise bad_request("error decoding patch: a JSON patch is a list of operations")
    try:
        patched: Obj = jsonpatch.apply_patch(original, patch)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException, KeyError, TypeError) as error:
        message = f"the server rejected our request due to an error in our request: {error}"
        raise ApiError(422, "Invalid", message) from error
    return patched
