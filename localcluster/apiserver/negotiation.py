"""Bodies in, bodies out: which form the client sends and which it wants."""

import json
from typing import Any

from aiohttp import web

from localcluster.apiserver import errors
from localcluster.client import ApiError, Obj

PROTOBUF = "application/vnd.kubernetes.protobuf"
_JSON_TYPES = ("", "application/json", "application/octet-stream", "text/plain")


async def read_body(request: web.BaseRequest) -> Any:
    """Read an object from JSON, YAML or protobuf, None when there is no body; raises ApiError 400, 413 or 415."""
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge as error:
        raise ApiError(413, "RequestEntityTooLarge", "limit is 3145728") from error
    if not body:
        return None
    content_type = media_type(request)
    if content_type == PROTOBUF:
        from localcluster.apiserver import protobuf

        return protobuf.decode(body)
    if content_type.endswith("yaml"):
        import yaml

        return _parsed(yaml.safe_load, body)
    if content_type in _JSON_TYPES:
        return _parsed(json.loads, body)
    raise ApiError(
        415, "UnsupportedMediaType", f"the body of the request was in an unknown format: {content_type or 'none'}"
    )


def media_type(request: web.BaseRequest) -> str:
    """The body's type without its parameters."""
    return request.headers.get("Content-Type", "").partition(";")[0].strip()


def wanted_form(accept: str) -> str:
    """Read the Accept header: Table, PartialObjectMetadata, APIGroupDiscoveryList or "" (JSON); raises ApiError 406."""
    for choice in accept.split(",") if accept else ("*/*",):
        kind, *parameters = [part.strip() for part in choice.split(";")]
        if kind not in ("application/json", "application/*", "*/*", "application/yaml"):
            continue
        given = dict(one.partition("=")[::2] for one in parameters)
        form = given.get("as", "")
        if form in ("", "Table", "PartialObjectMetadata", "PartialObjectMetadataList", "APIGroupDiscoveryList"):
            return form.removesuffix("List") if form.startswith("Partial") else form
    raise ApiError(406, "NotAcceptable", "only the following media types are accepted: application/json")


def answer(body: Obj | bytes, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Make a JSON response."""
    raw = body if isinstance(body, bytes) else dumps(body)
    return web.Response(body=raw, status=status, content_type="application/json", headers=headers)


def dumps(body: Any) -> bytes:
    """Write compact JSON."""
    return json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()


def _parsed(parse: Any, body: bytes) -> Any:
    try:
        return parse(body)
    except Exception as error:
        raise errors.bad_request(f"couldn't get version/kind; json parse error: {error}") from error
