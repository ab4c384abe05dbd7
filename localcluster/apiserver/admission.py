"""What the server adds to an object, or refuses it for, because of other objects."""

import secrets
from collections.abc import Callable

from localcluster.apiserver import limits, quota
from localcluster.apiserver.errors import forbidden, not_found
from localcluster.apiserver.pod_defaults import containers_of
from localcluster.apiserver.resources import BY_KEY, Resource
from localcluster.apiserver.store import Store
from localcluster.client import Obj

TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"  # noqa: S105 - a folder, the same in every cluster
ROOT_CA = "kube-root-ca.crt"
_TOKEN_LIFE = 3607  # seconds; upstream's number
_TOLERATED = 300  # seconds
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"


def admit_namespace(store: Store, resource: Resource, obj: Obj) -> None:
    """Refuse to create in a namespace that is not there (404) or is on its way out (403)."""
    namespace = obj["metadata"].get("namespace")
    if not resource.namespaced or not namespace:
        return
    found = store.get("namespaces", ("", namespace))
    if found is None:
        raise not_found(BY_KEY["namespaces"], namespace)
    if found.obj["metadata"].get("deletionTimestamp"):
        why = f"unable to create new content in namespace {namespace} because it is being terminated"
        raise forbidden(resource, obj["metadata"]["name"], why)


def mutate_new(store: Store, resource: Resource, obj: Obj) -> None:
    """Fill a new object in from its namespace and its cluster."""
    if rule := _MUTATE.get(resource.key):
        rule(store, obj)


def check_new(store: Store, resource: Resource, obj: Obj) -> None:
    """Refuse (403) a new object for the namespace's limits and quotas."""
    if resource.key in ("pods", "persistentvolumeclaims"):
        limits.check(store, resource, obj)
    quota.check(store, resource, obj)


def _pod(store: Store, pod: Obj) -> None:
    limits.fill(store, pod)
    _service_account(store, pod)
    _tolerations(pod["spec"])


def _service_account(store: Store, pod: Obj) -> None:
    spec, meta = pod["spec"], pod["metadata"]
    name = spec.setdefault("serviceAccountName", "default")
    spec["serviceAccount"] = name
    account = store.get("serviceaccounts", (meta["namespace"], name))
    if account is None:
        why = f'error looking up service account {meta["namespace"]}/{name}: serviceaccount "{name}" not found'
        raise forbidden(BY_KEY["pods"], meta["name"], why)
    wanted = spec.get("automountServiceAccountToken", account.obj.get("automountServiceAccountToken", True))
    if wanted:
        _mount_token(spec)


def _mount_token(spec: Obj) -> None:
    bare = [
        one
        for one in containers_of(spec)
        if all(mount.get("mountPath") != TOKEN_PATH for mount in one.get("volumeMounts", ()))
    ]
    if not bare:
        return
    name = f"kube-api-access-{random_suffix()}"
    spec.setdefault("volumes", []).append(_token_volume(name))
    for container in bare:
        container.setdefault("volumeMounts", []).append({"name": name, "readOnly": True, "mountPath": TOKEN_PATH})


def _token_volume(name: str) -> Obj:
    field = {"apiVersion": "v1", "fieldPath": "metadata.namespace"}
    sources = [
        {"serviceAccountToken": {"expirationSeconds": _TOKEN_LIFE, "path": "token"}},
        {"configMap": {"name": ROOT_CA, "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": field}]}},
    ]
    return {"name": name, "projected": {"sources": sources, "defaultMode": 0o644}}


def _tolerations(spec: Obj) -> None:
    for key in ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"):
        if any(_covers(one, key) for one in spec.get("tolerations", ())):
            continue
        toleration = {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": _TOLERATED}
        spec.setdefault("tolerations", []).append(toleration)


def _covers(toleration: Obj, key: str) -> bool:
    return toleration.get("key", key) == key and toleration.get("effect", "NoExecute") in ("", "NoExecute")


def _claim(store: Store, claim: Obj) -> None:
    if "storageClassName" in claim["spec"]:
        return
    for entry in store.all("storageclasses.storage.k8s.io"):
        if entry.obj["metadata"].get("annotations", {}).get(_DEFAULT_CLASS) == "true":
            claim["spec"]["storageClassName"] = entry.obj["metadata"]["name"]


def random_suffix() -> str:
    """Five characters, as upstream's generated names end with: no vowels, nothing that looks like another."""
    return "".join(secrets.choice("bcdfghjklmnpqrstvwxz2456789") for _ in range(5))


_MUTATE: dict[str, Callable[[Store, Obj], None]] = {"pods": _pod, "persistentvolumeclaims": _claim}
