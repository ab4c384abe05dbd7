"""ResourceQuota: what a namespace uses, and whether one more fits."""

from collections.abc import Iterable
from decimal import Decimal

from localcluster.apiserver import quantity
from localcluster.apiserver.errors import forbidden
from localcluster.apiserver.resources import Resource
from localcluster.apiserver.store import Store
from localcluster.client import Obj

Usage = dict[str, Decimal]
_COUNTED = {
    "pods": "pods",
    "services": "services",
    "configmaps": "configmaps",
    "secrets": "secrets",
    "persistentvolumeclaims": "persistentvolumeclaims",
    "resourcequotas": "resourcequotas",
}
_FINISHED = ("Succeeded", "Failed")
# a quota on one of these obliges every container to say its own
_OBLIGING = ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory", "cpu", "memory")


def check(store: Store, resource: Resource, obj: Obj, before: Obj | None = None) -> None:
    """Refuse (403) what would take a quota of its namespace beyond its limits; `before` is the object it replaces."""
    namespace = obj["metadata"].get("namespace")
    quotas = store.all("resourcequotas", namespace) if namespace else []
    if not quotas:
        return
    delta = _minus(_use_of(resource.key, obj), _use_of(resource.key, before) if before else {})
    for entry in quotas:
        _check_one(store, entry.obj, resource, obj, delta)


def refresh(store: Store, namespace: str) -> None:
    """Write what is used into the status of the namespace's quotas, if it changed."""
    for entry in store.all("resourcequotas", namespace):
        hard = entry.obj.get("spec", {}).get("hard", {})
        used = _used(store, namespace, hard)
        status = {"hard": dict(hard), "used": {name: _render(used[name], hard[name]) for name in hard}}
        if entry.obj.get("status") != status:
            store.put("resourcequotas", entry.key, entry.copy() | {"status": status})


def changes(stored: str, before: Obj | None, after: Obj | None) -> bool:
    """Say whether a write can change what a quota counts; None stands for an object that is not there."""
    if before is None or after is None:
        return True
    return stored in _COUNTED and _use_of(stored, before) != _use_of(stored, after)


def _check_one(store: Store, quota: Obj, resource: Resource, obj: Obj, delta: Usage) -> None:
    name, meta = obj["metadata"]["name"], quota["metadata"]
    hard = quota.get("spec", {}).get("hard", {})
    if resource.key == "pods":
        _check_stated(meta["name"], hard, resource, obj)
    asked = {key: amount for key, amount in delta.items() if key in hard and amount > 0}
    used = _used(store, meta["namespace"], asked)
    over = sorted(key for key in asked if used[key] + asked[key] > quantity.parse(hard[key]))
    if not over:
        return
    parts = (
        ",".join(f"{key}={_render(source[key], hard[key])}" for key in over)
        for source in (asked, used, {key: quantity.parse(hard[key]) for key in over})
    )
    requested, taken, limited = parts
    why = f"exceeded quota: {meta['name']}, requested: {requested}, used: {taken}, limited: {limited}"
    raise forbidden(resource, name, why)


def _check_stated(quota: str, hard: Obj, resource: Resource, pod: Obj) -> None:
    missing = []
    for key in sorted(key for key in hard if key in _OBLIGING):
        section, _, what = key.rpartition(".")
        silent = [
            one["name"]
            for one in pod["spec"].get("containers", ())
            if what not in one.get("resources", {}).get(section or "requests", {})
        ]
        if silent:
            missing.append(f"{key} for: {','.join(silent)}")
    if missing:
        raise forbidden(resource, pod["metadata"]["name"], f"failed quota: {quota}: must specify {'; '.join(missing)}")


def _used(store: Store, namespace: str, names: Iterable[str]) -> Usage:
    wanted = set(names)
    total = dict.fromkeys(wanted, Decimal(0))
    for stored in {_owner_of(name) for name in wanted} - {""}:
        for entry in store.all(stored, namespace):
            for name, amount in _use_of(stored, entry.obj).items():
                if name in total:
                    total[name] += amount
    return total


def _owner_of(name: str) -> str:
    if name in _COUNTED:
        return name
    if name.startswith("count/"):
        return name.removeprefix("count/")
    if name == "requests.storage" or ".storageclass.storage.k8s.io/" in name:
        return "persistentvolumeclaims"
    if name.startswith("services."):
        return "services"
    return "pods"


def _use_of(stored: str, obj: Obj) -> Usage:
    if stored == "pods":
        return _use_of_pod(obj)
    use: Usage = {}
    if stored in _COUNTED:
        use[_COUNTED[stored]] = Decimal(1)
    use[f"count/{stored}"] = Decimal(1)
    if stored == "persistentvolumeclaims":
        use |= _use_of_claim(obj["spec"])
    return use


def _use_of_claim(spec: Obj) -> Usage:
    amount = quantity.parse(spec.get("resources", {}).get("requests", {}).get("storage", "0"))
    use = {"requests.storage": amount}
    if name := spec.get("storageClassName"):
        prefix = f"{name}.storageclass.storage.k8s.io"
        use |= {f"{prefix}/requests.storage": amount, f"{prefix}/persistentvolumeclaims": Decimal(1)}
    return use


def _use_of_pod(pod: Obj) -> Usage:
    if pod.get("status", {}).get("phase") in _FINISHED:
        return {"count/pods": Decimal(1)}
    use: Usage = {"pods": Decimal(1), "count/pods": Decimal(1)}
    for section in ("requests", "limits"):
        for name, amount in pod_total(pod["spec"], section).items():
            use[f"{section}.{name}"] = amount
            if section == "requests":
                use[name] = amount
    return use


def pod_total(spec: Obj, section: str) -> Usage:
    """Add up a pod's `requests` or `limits`: the containers' sum, or the largest init container's if that is more."""
    total: Usage = {}
    for container in spec.get("containers", ()):
        for name, amount in container.get("resources", {}).get(section, {}).items():
            total[name] = total.get(name, Decimal(0)) + quantity.parse(amount)
    for container in spec.get("initContainers", ()):
        for name, amount in container.get("resources", {}).get(section, {}).items():
            total[name] = max(total.get(name, Decimal(0)), quantity.parse(amount))
    return total


def _minus(left: Usage, right: Usage) -> Usage:
    return {name: amount - right.get(name, Decimal(0)) for name, amount in left.items()}


def _render(amount: Decimal, hard: str) -> str:
    return quantity.render(amount, binary=hard.endswith("i") or amount >= 1024 * 1024)
