"""LimitRange: default requests and limits of containers, and the bounds they must keep."""

from collections.abc import Iterator
from decimal import Decimal

from localcluster.apiserver import quantity
from localcluster.apiserver.errors import forbidden
from localcluster.apiserver.pod_defaults import containers_of
from localcluster.apiserver.quota import pod_total
from localcluster.apiserver.resources import Resource
from localcluster.apiserver.store import Store
from localcluster.client import Obj

Amounts = dict[str, Decimal]


def fill(store: Store, pod: Obj) -> None:
    """Give a new pod's containers the namespace's default limits and requests, where they state none."""
    for item in _items(store, pod, "Container"):
        for container in containers_of(pod["spec"]):
            resources = container.setdefault("resources", {})
            for section, source in (("limits", "default"), ("requests", "defaultRequest")):
                if given := item.get(source):
                    resources[section] = given | resources.get(section, {})


def check(store: Store, resource: Resource, obj: Obj) -> None:
    """Refuse (403) a pod or claim outside the bounds, with all that is wrong at once."""
    wrong = list(_wrong_in_pod(store, obj) if resource.key == "pods" else _wrong_in_claim(store, obj))
    if wrong:
        text = wrong[0] if len(wrong) == 1 else f"[{', '.join(wrong)}]"
        raise forbidden(resource, obj["metadata"]["name"], text)


def _wrong_in_pod(store: Store, pod: Obj) -> Iterator[str]:
    for item in _items(store, pod, "Container"):
        for container in containers_of(pod["spec"]):
            resources = container.get("resources", {})
            yield from _bounds(item, "Container", _parse(resources.get("requests")), _parse(resources.get("limits")))
    for item in _items(store, pod, "Pod"):
        spec = pod["spec"]
        yield from _bounds(item, "Pod", pod_total(spec, "requests"), pod_total(spec, "limits"))


def _wrong_in_claim(store: Store, claim: Obj) -> Iterator[str]:
    requests = _parse(claim["spec"].get("resources", {}).get("requests"))
    for item in _items(store, claim, "PersistentVolumeClaim"):
        # a claim has a request only; it is held against both bounds
        yield from _bounds(item, "PersistentVolumeClaim", requests, requests)


def _bounds(item: Obj, kind: str, requests: Amounts, limits: Amounts) -> Iterator[str]:
    for name, bound in item.get("min", {}).items():
        yield from _minimum(name, bound, kind, requests)
    for name, bound in item.get("max", {}).items():
        yield from _maximum(name, bound, kind, limits)
    for name, bound in item.get("maxLimitRequestRatio", {}).items():
        yield from _ratio(name, bound, kind, requests.get(name), limits.get(name))


def _minimum(name: str, bound: str, kind: str, requests: Amounts) -> Iterator[str]:
    if name not in requests:
        yield f"minimum {name} usage per {kind} is {bound}.  No request is specified"
    elif requests[name] < quantity.parse(bound):
        yield f"minimum {name} usage per {kind} is {bound}, but request is {_shown(requests[name], bound)}"


def _maximum(name: str, bound: str, kind: str, limits: Amounts) -> Iterator[str]:
    if name not in limits:
        yield f"maximum {name} usage per {kind} is {bound}.  No limit is specified"
    elif limits[name] > quantity.parse(bound):
        yield f"maximum {name} usage per {kind} is {bound}, but limit is {_shown(limits[name], bound)}"


def _ratio(name: str, bound: str, kind: str, request: Decimal | None, limit: Decimal | None) -> Iterator[str]:
    if not request or not limit:
        yield f"{name} max limit to request ratio per {kind} is {bound}, but no request or limit is specified"
    elif limit / request > quantity.parse(bound):
        yield f"{name} max limit to request ratio per {kind} is {bound}, but provided ratio is {limit / request:f}"


def _items(store: Store, obj: Obj, kind: str) -> Iterator[Obj]:
    for entry in store.all("limitranges", obj["metadata"]["namespace"]):
        yield from (item for item in entry.obj["spec"]["limits"] if item.get("type") == kind)


def _parse(amounts: Obj | None) -> Amounts:
    return {name: quantity.parse(text) for name, text in (amounts or {}).items()}


def _shown(amount: Decimal, like: str) -> str:
    return quantity.render(amount, binary=like.endswith("i"))
