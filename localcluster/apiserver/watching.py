"""A watch as a response: one JSON document a line, sent at once."""

import asyncio
import contextlib
from collections.abc import Callable

from aiohttp import web

from localcluster.apiserver import convert, errors, tables
from localcluster.apiserver.negotiation import dumps, wanted_form
from localcluster.apiserver.registry import Registry
from localcluster.apiserver.request_info import RequestInfo
from localcluster.apiserver.store import Entry
from localcluster.apiserver.watcher import Watcher
from localcluster.client import ApiError, Obj

_BOOKMARK_PAUSE = 60.0  # seconds between bookmarks, for those who ask for them
_INITIAL_END = {"k8s.io/initial-events-end": "true"}
Encode = Callable[[Entry, bool], bytes]  # entry, whether it is the first of the stream


async def stream(registry: Registry, info: RequestInfo, request: web.BaseRequest) -> web.StreamResponse:
    """Answer a watch until the client goes, its timeout (seconds) is over or it falls too far behind."""
    encode = _encoder(info, wanted_form(request.headers.get("Accept", "")))
    watcher = _begin(registry, info)
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Cache-Control": "no-cache, private"})
    response.enable_chunked_encoding()
    try:
        await response.prepare(request)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_timeout(info)):
                await _run(watcher, response, info, encode)
        await response.write_eof()
    except ConnectionResetError:
        pass  # the client has gone, and knows
    finally:
        watcher.close()
    return response


def _begin(registry: Registry, info: RequestInfo) -> Watcher:
    query = info.query
    fields = query.get("fieldSelector", "")
    if info.name:  # a watch of one object, the old way
        fields = f"metadata.name={info.name}"
    scope = registry.scope(info.resource, info.namespace, query.get("labelSelector", ""), fields)
    version = query.get("resourceVersion", "")
    if info.flag("sendInitialEvents") or version in ("", "0"):
        return registry.watch(scope, None)
    if not version.isdigit():
        raise errors.bad_request(f"resourceVersion: Invalid value: {version!r}")
    return registry.watch(scope, int(version))


async def _run(watcher: Watcher, response: web.StreamResponse, info: RequestInfo, encode: Encode) -> None:
    bookmarks, first = info.flag("allowWatchBookmarks"), True
    if info.flag("sendInitialEvents"):
        for kind, entry in watcher.drain():
            await response.write(_event(kind, encode(entry, first)))
            first = False
        if bookmarks:
            await response.write(_bookmark(info, watcher.version, _INITIAL_END))
    while True:
        try:
            async with asyncio.timeout(_BOOKMARK_PAUSE if bookmarks else None):
                batch = await watcher.next()
        except TimeoutError:
            await response.write(_bookmark(info, watcher.version, {}))
            continue
        except ApiError as error:
            await response.write(_event("ERROR", dumps(errors.status_of(error))))
            return
        lines = []
        for kind, entry in batch:
            lines.append(_event(kind, encode(entry, first)))
            first = False
        await response.write(b"".join(lines))


def _timeout(info: RequestInfo) -> float | None:
    text = info.query.get("timeoutSeconds", "")
    return float(text) if text.isdigit() and int(text) > 0 else None


def _event(kind: str, body: bytes) -> bytes:
    return b'{"type":"%s","object":%s}\n' % (kind.encode(), body)


def _bookmark(info: RequestInfo, version: int, annotations: dict[str, str]) -> bytes:
    meta: Obj = {"resourceVersion": str(version), "creationTimestamp": None}
    meta |= {"annotations": annotations} if annotations else {}
    body: Obj = {"kind": info.resource.kind, "apiVersion": info.resource.api_version, "metadata": meta}
    return _event("BOOKMARK", dumps(body))


def _encoder(info: RequestInfo, form: str) -> Encode:
    resource = info.resource
    converted = convert.is_converted(resource)
    if form == "Table":
        include = info.query.get("includeObject", "Metadata")
        return lambda entry, first: dumps(
            tables.table(resource, [entry.obj], str(entry.version), include=include, headed=first)
        )
    if form == "PartialObjectMetadata":
        return lambda entry, _: dumps(tables.partial(entry.obj))
    if converted:
        return lambda entry, _: dumps(convert.to_served(resource, entry.copy()))
    return lambda entry, _: entry.text
