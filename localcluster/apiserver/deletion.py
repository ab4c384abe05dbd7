"""How objects go: at once, after a grace period, or when the last finalizer is taken away."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from localcluster.apiserver import errors
from localcluster.apiserver.resources import Resource
from localcluster.apiserver.store import Entry
from localcluster.client import Obj

_FINISHED = ("Succeeded", "Failed")
_IMMORTAL = ("default", "kube-public", "kube-system")
_FINALIZERS = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}
# upstream answers with the object for these, with a Status for the others
_ANSWER_OBJECT = frozenset(
    {"pods", "services", "persistentvolumeclaims", "persistentvolumes", "serviceaccounts", "resourcequotas"}
    | {"storageclasses.storage.k8s.io"}
)


@dataclass(frozen=True, slots=True)
class DeleteOptions:
    """How an object shall go; `grace` in seconds, `uid` and `version` are preconditions."""

    grace: int | None = None
    uid: str | None = None
    version: str | None = None
    propagation: str | None = None
    dry_run: bool = False


def read_options(document: Any, query: dict[str, str]) -> DeleteOptions:
    """Read DeleteOptions from a request's body and query; raises ApiError 400."""
    body = document if isinstance(document, dict) else {}
    preconditions = body.get("preconditions") or {}
    propagation = body.get("propagationPolicy") or query.get("propagationPolicy")
    if propagation not in (None, "Background", *_FINALIZERS):
        raise errors.bad_request(f'invalid propagationPolicy "{propagation}"')
    orphan = body.get("orphanDependents")
    if propagation is None and orphan is not None:
        propagation = "Orphan" if orphan else "Background"
    return DeleteOptions(
        _grace(body.get("gracePeriodSeconds", query.get("gracePeriodSeconds"))),
        preconditions.get("uid"),
        preconditions.get("resourceVersion"),
        propagation,
        bool(body.get("dryRun") or query.get("dryRun")),
    )


def check_preconditions(resource: Resource, obj: Obj, options: DeleteOptions) -> None:
    """Raise ApiError 409 when the object is not the one that was meant."""
    meta = obj["metadata"]
    for what, wanted, found in (
        ("UID", options.uid, meta["uid"]),
        ("ResourceVersion", options.version, meta["resourceVersion"]),
    ):
        if wanted is not None and wanted != found:
            why = f"Precondition failed: {what} in precondition: {wanted}, {what} in object meta: {found}"
            raise errors.conflict(resource, meta["name"], why)


def check_allowed(resource: Resource, name: str) -> None:
    """Raise ApiError 403 for the namespaces that a cluster cannot be without."""
    if resource.key == "namespaces" and name in _IMMORTAL:
        raise errors.forbidden(resource, name, "this namespace may not be deleted")


def mark(resource: Resource, obj: Obj, options: DeleteOptions) -> Obj | None:
    """Give the object as it waits for its end, or None when it goes at once; the given object is changed."""
    meta = obj["metadata"]
    if finalizer := _FINALIZERS.get(options.propagation or ""):
        names = meta.setdefault("finalizers", [])
        names += [finalizer] if finalizer not in names else []
    if resource.key == "namespaces":
        return _mark_namespace(obj)
    grace = _grace_of(resource, obj, options)
    if grace == 0 and not meta.get("finalizers"):
        return None
    before = meta.get("deletionGracePeriodSeconds")
    if "deletionTimestamp" in meta and before is not None and before <= grace:
        return obj
    _set_deletion(meta, grace)
    return obj


def is_over(resource: Resource, obj: Obj) -> bool:
    """Say whether nothing holds a marked object back any more."""
    meta = obj["metadata"]
    if "deletionTimestamp" not in meta or meta.get("finalizers") or resource.key == "namespaces":
        return False
    return not meta.get("deletionGracePeriodSeconds")


def answer(resource: Resource, gone: Entry) -> Obj:
    """Give the body that tells of a finished deletion."""
    if resource.key in _ANSWER_OBJECT:
        return gone.obj
    meta = gone.obj["metadata"]
    return errors.success(resource, meta["name"], meta["uid"])


def _mark_namespace(obj: Obj) -> Obj | None:
    if not obj.get("spec", {}).get("finalizers"):
        return None
    if "deletionTimestamp" not in obj["metadata"]:
        _set_deletion(obj["metadata"], None)
        obj.setdefault("status", {})["phase"] = "Terminating"
    return obj


def _set_deletion(meta: Obj, grace: int | None) -> None:
    end = datetime.now(UTC) + timedelta(seconds=grace or 0)
    if "generation" in meta and "deletionTimestamp" not in meta:
        meta["generation"] += 1
    meta["deletionTimestamp"] = end.strftime("%Y-%m-%dT%H:%M:%SZ")
    if grace is not None:
        meta["deletionGracePeriodSeconds"] = grace


def _grace_of(resource: Resource, obj: Obj, options: DeleteOptions) -> int:
    if resource.key != "pods":
        return 0
    spec = obj["spec"]
    if not spec.get("nodeName") or obj.get("status", {}).get("phase") in _FINISHED:
        return 0
    grace = options.grace
    if grace is None:
        grace = spec.get("terminationGracePeriodSeconds", 30)
    return max(int(grace), 0)


def _grace(value: Any) -> int | None:
    try:
        return None if value is None else int(value)
    except (TypeError, ValueError):
        raise errors.bad_request(f"gracePeriodSeconds: {value!r} is not a number") from None
