"""The verbs on objects: decode, fill in, judge, store. Everything is synchronous, so that each verb is atomic."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from localcluster.apiserver import admission, convert, deletion, errors, quota, services, validation
from localcluster.apiserver.decode import Decoded, decode
from localcluster.apiserver.defaults import apply_defaults, initial_status
from localcluster.apiserver.fields import read_selectors
from localcluster.apiserver.patch import APPLY_PATCH, apply_patch
from localcluster.apiserver.resources import BY_KEY, Resource
from localcluster.apiserver.store import Entry, Store
from localcluster.apiserver.watcher import Scope, Watcher
from localcluster.client import ApiError, Obj

# kinds whose spec's changes are not counted in metadata.generation
_NO_GENERATION = frozenset({"namespaces", "nodes", "services", "persistentvolumeclaims", "persistentvolumes"})
# what only the server writes into metadata
_OURS = ("uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "selfLink")


@dataclass
class Options:
    """How a write is meant: nothing stored on dry run; `validation` is Strict, Warn or Ignore, for unknown fields."""

    dry_run: bool = False
    validation: str = "Ignore"
    warnings: list[str] = field(default_factory=list)


class Registry:
    """All objects of one cluster, and the rules about them."""

    def __init__(self, store: Store | None = None) -> None:
        self.store = store or Store()
        self.after_namespace: Callable[[str], None] = lambda _: None

    def get(self, resource: Resource, namespace: str | None, name: str) -> Entry:
        """Give the current version; raises ApiError 404."""
        entry = self.store.get(resource.key, (namespace or "", name))
        if entry is None:
            raise errors.not_found(resource, name)
        return entry

    def scope(self, resource: Resource, namespace: str | None, labels: str = "", fields: str = "") -> Scope:
        """Read what a list or watch asks for; raises ApiError 400."""
        return Scope(resource.key, namespace, *read_selectors(resource, labels, fields))

    def list(self, scope: Scope) -> tuple[list[Entry], int]:
        """Give what the scope covers, and the version to watch from."""
        found = self.store.all(scope.resource, scope.namespace)
        return [one for one in found if scope.covers(one)], self.store.version

    def watch(self, scope: Scope, version: int | None) -> Watcher:
        """Begin a watch; raises ApiError 410."""
        return Watcher(self.store, scope, version)

    def create(self, resource: Resource, namespace: str | None, document: Any, options: Options) -> Entry:
        """Create an object; raises ApiError 400, 403, 404, 409, 422."""
        obj = self._decode(resource, document, options)
        _adopt_metadata(resource, namespace, obj)
        admission.admit_namespace(self.store, resource, obj)
        meta = obj["metadata"]
        key = (meta.get("namespace", ""), meta["name"])
        if self.store.get(resource.key, key):
            raise errors.already_exists(resource, meta["name"])
        initial_status(resource.key, obj)
        apply_defaults(resource.key, obj)
        admission.mutate_new(self.store, resource, obj)
        if "spec" in obj and resource.key not in _NO_GENERATION:
            meta["generation"] = 1
        self._judge(resource, obj, None)
        admission.check_new(self.store, resource, obj)
        return self._put(resource, obj, options)

    def update(
        self,
        resource: Resource,
        namespace: str | None,
        name: str,
        document: Any,
        options: Options,
        subresource: str = "",
    ) -> Entry:
        """Replace an object or its status; raises ApiError 400, 403, 404, 409, 422."""
        entry = self.get(resource, namespace, name)
        obj = self._decode(resource, document, options)
        if convert.is_converted(resource):
            obj = _keep_unconverted(entry.copy(), obj)
        return self._replace(resource, entry, obj, options, subresource)

    def patch(
        self,
        resource: Resource,
        namespace: str | None,
        name: str,
        patch: tuple[Any, str],
        options: Options,
        subresource: str = "",
    ) -> Entry:
        """Patch an object with (patch, content type); apply creates what is not there. Raises as update does."""
        content, content_type = patch
        if content_type == APPLY_PATCH and self.store.get(resource.key, (namespace or "", name)) is None:
            content.setdefault("metadata", {}).setdefault("name", name)
            return self.create(resource, namespace, content, options)
        entry = self.get(resource, namespace, name)
        served = convert.to_served(resource, entry.copy())
        patched = apply_patch(served, content, content_type, resource.schema)
        return self.update(resource, namespace, name, patched, options, subresource)

    def delete(self, resource: Resource, namespace: str | None, name: str, options: deletion.DeleteOptions) -> Obj:
        """Delete an object, or mark it for those who act first; gives the answer's body. ApiError 403, 404, 409."""
        deletion.check_allowed(resource, name)
        entry = self.get(resource, namespace, name)
        deletion.check_preconditions(resource, entry.obj, options)
        marked = deletion.mark(resource, entry.copy(), options)
        if options.dry_run:
            return marked or deletion.answer(resource, entry)
        if marked is None:
            return deletion.answer(resource, self._remove(resource, entry))
        return self._store_if_changed(resource, entry, marked).obj

    def finalize(self, name: str, document: Obj, options: Options) -> Entry:
        """Write a namespace's finalizers; a terminating namespace without any is gone."""
        resource = BY_KEY["namespaces"]
        entry = self.get(resource, None, name)
        changed = entry.copy()
        changed["spec"] = {"finalizers": (document.get("spec") or {}).get("finalizers") or []}
        if options.dry_run:
            return entry
        if changed["metadata"].get("deletionTimestamp") and not changed["spec"]["finalizers"]:
            return self._remove(resource, entry)
        return self._store_if_changed(resource, entry, changed)

    def _decode(self, resource: Resource, document: Any, options: Options) -> Obj:
        decoded = decode(resource, document)
        _check_kind(resource, decoded.obj)
        _note_unknown(decoded, options)
        obj: Obj = {"apiVersion": "", "kind": "", "metadata": {}} | convert.to_stored(resource, decoded.obj)
        obj |= {"apiVersion": BY_KEY[resource.key].api_version, "kind": resource.kind}
        name = obj["metadata"].get("name", "")
        missing = [one for one in decoded.missing if not one.field.startswith("status")]
        if missing:
            raise errors.invalid(resource, name, missing)
        obj["metadata"].pop("managedFields", None)
        return obj

    def _replace(self, resource: Resource, entry: Entry, obj: Obj, options: Options, subresource: str) -> Entry:
        current = entry.copy()
        _check_identity(resource, current, obj)
        merged = _with_status(current, obj) if subresource == "status" else self._with_spec(resource, current, obj)
        self._judge(resource, merged, current)
        quota.check(self.store, resource, merged, current)
        if options.dry_run:
            return _preview(merged)
        return self._store_if_changed(resource, entry, merged)

    def _with_spec(self, resource: Resource, current: Obj, obj: Obj) -> Obj:
        meta, old = obj["metadata"], current["metadata"]
        for key in (*_OURS, "generateName", "namespace", "resourceVersion"):
            meta.pop(key, None)
            if key in old:
                meta[key] = old[key]
        if resource.has_status or resource.key in ("namespaces", "nodes"):
            obj.pop("status", None)
            if "status" in current:
                obj["status"] = current["status"]
        if resource.key == "services":
            services.keep(current, obj)
        apply_defaults(resource.key, obj)
        if "generation" in old and obj.get("spec") != current.get("spec"):
            meta["generation"] = old["generation"] + 1
        return obj

    def _judge(self, resource: Resource, obj: Obj, old: Obj | None) -> None:
        causes = [*validation.check_metadata(resource, obj["metadata"]), *validation.check_object(resource, obj)]
        if resource.key == "services":
            causes += services.allocate(self.store, obj)
        if old is not None:
            causes += validation.check_change(resource, old, obj)
        if causes:
            raise errors.invalid(resource, obj["metadata"].get("name", ""), causes)

    def _put(self, resource: Resource, obj: Obj, options: Options) -> Entry:
        meta = obj["metadata"]
        if options.dry_run:
            return _preview(obj)
        entry = self.store.put(resource.key, (meta.get("namespace", ""), meta["name"]), obj)
        self._count(resource, None, entry.obj)
        if resource.key == "namespaces":
            self.after_namespace(meta["name"])
        # a quota has its status by now
        return self.store.get(resource.key, entry.key) or entry

    def _store_if_changed(self, resource: Resource, entry: Entry, obj: Obj) -> Entry:
        obj["metadata"]["resourceVersion"] = str(entry.version)
        if obj == entry.obj:
            return entry
        before = entry.obj
        if deletion.is_over(resource, obj):
            self.store.put(resource.key, entry.key, obj)
            return self._remove(resource, self.get(resource, entry.key[0], entry.key[1]))
        stored = self.store.put(resource.key, entry.key, obj)
        self._count(resource, before, stored.obj)
        return stored

    def _remove(self, resource: Resource, entry: Entry) -> Entry:
        gone = self.store.remove(resource.key, entry.key)
        self._count(resource, entry.obj, None)
        return gone

    def _count(self, resource: Resource, before: Obj | None, after: Obj | None) -> None:
        namespace = (after or before or {})["metadata"].get("namespace")
        if namespace and (resource.key == "resourcequotas" or quota.changes(resource.key, before, after)):
            quota.refresh(self.store, namespace)


def now() -> str:
    """The time as Kubernetes writes it: UTC, whole seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _adopt_metadata(resource: Resource, namespace: str | None, obj: Obj) -> None:
    meta = obj["metadata"]
    if "generateName" in meta and not meta.get("name"):
        meta["name"] = meta["generateName"][:58] + admission.random_suffix()
    for key in (*_OURS, "resourceVersion"):
        meta.pop(key, None)
    _adopt_namespace(resource, namespace, meta)
    if not meta.get("name"):
        raise errors.invalid(resource, "", [errors.required("metadata.name", "name or generateName is required")])
    meta |= {"uid": str(uuid.uuid4()), "creationTimestamp": now()}


def _adopt_namespace(resource: Resource, namespace: str | None, meta: Obj) -> None:
    if not resource.namespaced:
        meta.pop("namespace", None)
        return
    said = meta.get("namespace")
    if namespace and said and said != namespace:
        raise errors.bad_request(
            f"the namespace of the provided object ({said}) does not match the namespace of the request ({namespace})"
        )
    meta["namespace"] = namespace or said
    if not meta["namespace"]:
        raise errors.bad_request("an empty namespace may not be set during creation")


def _check_kind(resource: Resource, obj: Obj) -> None:
    said = (obj.get("apiVersion", resource.api_version), obj.get("kind", resource.kind))
    if said != (resource.api_version, resource.kind):
        raise errors.bad_request(
            f"the API version and kind in the data ({said[0]}, {said[1]}) do not match the expected "
            f"({resource.api_version}, {resource.kind})"
        )


def _check_identity(resource: Resource, current: Obj, obj: Obj) -> None:
    meta, old = obj["metadata"], current["metadata"]
    name = meta.setdefault("name", old["name"])
    if name != old["name"]:
        raise errors.bad_request(f"the name of the object ({name}) does not match the name on the URL ({old['name']})")
    if meta.get("namespace", old.get("namespace")) != old.get("namespace"):
        raise errors.bad_request("the namespace of the object does not match the namespace on the request")
    if meta.get("uid", old["uid"]) != old["uid"]:
        why = f"Precondition failed: UID in precondition: {meta['uid']}, UID in object meta: {old['uid']}"
        raise errors.conflict(resource, name, why)
    if meta.get("resourceVersion") not in (None, "", "0", old["resourceVersion"]):
        raise errors.conflict(resource, name)


def _with_status(current: Obj, obj: Obj) -> Obj:
    merged = dict(current)
    merged["metadata"] = dict(current["metadata"])
    for key in ("labels", "annotations"):
        if key in obj["metadata"]:
            merged["metadata"][key] = obj["metadata"][key]
    if "status" in obj:
        merged["status"] = obj["status"]
    return merged


def _note_unknown(decoded: Decoded, options: Options) -> None:
    texts = [f'unknown field "{path}"' for path in decoded.unknown]
    if texts and options.validation == "Strict":
        raise errors.bad_request(f"strict decoding error: {', '.join(texts)}")
    if options.validation == "Warn":
        options.warnings += texts


def _keep_unconverted(current: Obj, obj: Obj) -> Obj:
    """Keep what the other version cannot say: an autoscaler's behavior, and metrics other than cpu."""
    for part in ("spec", "status"):
        if part in current:
            obj[part] = current[part] | obj.get(part, {})
    return obj


def _preview(obj: Obj) -> Entry:
    copied: Obj = json.loads(json.dumps(obj))
    copied["metadata"].setdefault("resourceVersion", "0")
    return Entry((copied["metadata"].get("namespace", ""), copied["metadata"]["name"]), copied)


__all__ = ["ApiError", "Options", "Registry", "now"]
