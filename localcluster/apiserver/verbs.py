"""HTTP verbs on resources: from a request to the registry and back."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from localcluster.apiserver import convert, deletion, errors, reviews, subresources, tables, watching
from localcluster.apiserver.negotiation import answer, dumps, media_type, read_body, wanted_form
from localcluster.apiserver.patch import read_patch
from localcluster.apiserver.registry import Options, Registry
from localcluster.apiserver.relay import Relay
from localcluster.apiserver.request_info import RequestInfo
from localcluster.apiserver.store import Entry
from localcluster.apiserver.tokens import Tokens, User
from localcluster.client import ApiError, Obj

_STREAMS = ("log", "exec", "attach", "portforward", "proxy")
_LEVELS = ("Ignore", "Warn", "Strict")


class Verbs:
    """Answers resource requests; `relay` reaches the kubelets."""

    def __init__(self, registry: Registry, tokens: Tokens, relay: Relay) -> None:
        self._registry, self._tokens, self._relay = registry, tokens, relay
        self._methods: dict[str, Callable[[RequestInfo, web.BaseRequest], Awaitable[web.StreamResponse]]] = {
            "GET": self._get,
            "POST": self._post,
            "PUT": self._put,
            "PATCH": self._patch,
            "DELETE": self._delete,
        }

    async def handle(self, info: RequestInfo, request: web.BaseRequest, user: User) -> web.StreamResponse:
        """Answer one request; raises ApiError."""
        if info.subresource in _STREAMS and info.subresource in info.resource.subresources:
            return await self._relay.handle(info, request)
        if info.resource.verbs == ("create",):
            if request.method != "POST" or info.name:
                raise errors.method_not_allowed()
            return answer(reviews.review(info.resource, await read_body(request), user), 201)
        method = self._methods.get(request.method)
        if method is None:
            raise errors.method_not_allowed()
        return await method(info, request)

    async def _get(self, info: RequestInfo, request: web.BaseRequest) -> web.StreamResponse:
        if info.flag("watch") and not info.subresource:
            return await watching.stream(self._registry, info, request)
        form = wanted_form(request.headers.get("Accept", ""))
        if not info.name:
            return self._list(info, form)
        if info.subresource:
            where = (info.resource, info.namespace, info.name)
            return answer(subresources.get(self._registry, where, info.subresource))
        return _show(info, self._registry.get(info.resource, info.namespace, info.name), form)

    def _list(self, info: RequestInfo, form: str) -> web.Response:
        query = info.query
        scope = self._registry.scope(
            info.resource, info.namespace, query.get("labelSelector", ""), query.get("fieldSelector", "")
        )
        found, version = self._registry.list(scope)
        if form == "Table":
            include = query.get("includeObject", "Metadata")
            return answer(tables.table(info.resource, [one.obj for one in found], str(version), include=include))
        if form == "PartialObjectMetadata":
            items = [tables.partial(one.obj) for one in found]
            kind, group = "PartialObjectMetadataList", "meta.k8s.io/v1"
            meta = {"resourceVersion": str(version)}
            return answer({"kind": kind, "apiVersion": group, "metadata": meta, "items": items})
        head = '{"kind":"%sList","apiVersion":"%s","metadata":{"resourceVersion":"%d"},"items":['
        begin = (head % (info.resource.kind, info.resource.api_version, version)).encode()
        return answer(begin + b",".join(_text(info, one) for one in found) + b"]}")

    async def _post(self, info: RequestInfo, request: web.BaseRequest) -> web.StreamResponse:
        document, options = await read_body(request), _options(info)
        if document is None:
            raise errors.bad_request("the request has no body")
        if not info.name:
            entry = self._registry.create(info.resource, info.namespace, document, options)
            return _show(info, entry, wanted_form(request.headers.get("Accept", "")), 201, options)
        if info.subresource == "token" and info.subresource in info.resource.subresources:
            account = self._registry.get(info.resource, info.namespace, info.name)
            return answer(self._tokens.mint(account.obj, document), 201)
        where = (info.resource, info.namespace, info.name)
        return answer(subresources.post(self._registry, where, info.subresource, document, options), 201)

    async def _put(self, info: RequestInfo, request: web.BaseRequest) -> web.StreamResponse:
        if not info.name:
            raise errors.method_not_allowed()
        document, options = await read_body(request), _options(info)
        where = (info.resource, info.namespace, info.name)
        written = subresources.put(self._registry, where, info.subresource, document, options)
        return self._written(info, written, options, request)

    async def _patch(self, info: RequestInfo, request: web.BaseRequest) -> web.StreamResponse:
        if not info.name:
            raise errors.method_not_allowed()
        content_type, options = media_type(request), _options(info)
        change = (read_patch(content_type, await request.read()), content_type)
        where = (info.resource, info.namespace, info.name)
        written = subresources.patch(self._registry, where, info.subresource, change, options)
        return self._written(info, written, options, request)

    def _written(
        self, info: RequestInfo, written: Obj, options: Options, request: web.BaseRequest
    ) -> web.StreamResponse:
        if info.subresource in ("scale", "finalize"):
            return answer(written, headers=_warnings(options))
        if wanted_form(request.headers.get("Accept", "")) == "Table":
            return answer(tables.table(info.resource, [written], written["metadata"]["resourceVersion"]))
        return answer(convert.to_served(info.resource, written), headers=_warnings(options))

    async def _delete(self, info: RequestInfo, request: web.BaseRequest) -> web.StreamResponse:
        if info.subresource:
            raise errors.method_not_allowed()
        options = deletion.read_options(await read_body(request), info.query)
        if info.name:
            gone = self._registry.delete(info.resource, info.namespace, info.name, options)
            return answer(convert.to_served(info.resource, gone) if gone["kind"] != "Status" else gone)
        return self._delete_many(info, options)

    def _delete_many(self, info: RequestInfo, options: deletion.DeleteOptions) -> web.Response:
        if "deletecollection" not in info.resource.verbs or (info.resource.namespaced and not info.namespace):
            raise errors.method_not_allowed()
        query = info.query
        labels, fields = query.get("labelSelector", ""), query.get("fieldSelector", "")
        found, _ = self._registry.list(self._registry.scope(info.resource, info.namespace, labels, fields))
        for entry in found:
            self._registry.delete(info.resource, entry.key[0] or None, entry.key[1], options)
        details = {"kind": info.resource.plural, "group": info.resource.group}
        return answer({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details})


def _show(
    info: RequestInfo, entry: Entry, form: str, status: int = 200, options: Options | None = None
) -> web.Response:
    headers = _warnings(options) if options else None
    if form == "Table":
        include = info.query.get("includeObject", "Metadata")
        return answer(tables.table(info.resource, [entry.obj], str(entry.version), include=include), status, headers)
    if form == "PartialObjectMetadata":
        return answer(tables.partial(entry.obj), status, headers)
    return answer(_text(info, entry), status, headers)


def _text(info: RequestInfo, entry: Entry) -> bytes:
    if convert.is_converted(info.resource):
        return dumps(convert.to_served(info.resource, entry.copy()))
    return entry.text


def _options(info: RequestInfo) -> Options:
    dry_run, level = info.query.get("dryRun", ""), info.query.get("fieldValidation") or "Warn"
    if dry_run not in ("", "All"):
        raise errors.bad_request(f'dryRun: Unsupported value: "{dry_run}": supported values: "All"')
    if level not in _LEVELS:
        raise ApiError(422, "Invalid", f'fieldValidation: Unsupported value: "{level}"')
    return Options(dry_run=bool(dry_run), validation=level)


def _warnings(options: Options) -> dict[str, str] | None:
    if not options.warnings:
        return None
    quoted = [one.replace("\\", "\\\\").replace('"', '\\"') for one in options.warnings]
    return {"Warning": ", ".join(f'299 - "{one}"' for one in quoted)}
