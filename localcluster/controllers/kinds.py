"""Which resource holds the objects of a kind."""

from localcluster.apiserver.resources import BY_KEY, BY_KIND
from localcluster.client import Obj

# what the garbage collector follows: all that can own or be owned; Events point at objects in another way and are many
COLLECTED = tuple(
    name
    for name, one in BY_KEY.items()
    if "watch" in one.verbs and name not in ("events", "apiservices.apiregistration.k8s.io")
)


def resource_of(api_version: str, kind: str) -> str | None:
    """Give `deployments.apps` for apps/v1 Deployment; None for what this cluster does not have."""
    found = BY_KIND.get((api_version, kind))
    return found.key if found else None


def is_namespaced(resource: str) -> bool:
    """Say whether objects of this resource live in a namespace."""
    return BY_KEY[resource].namespaced


def key_of(obj: Obj) -> tuple[str, str]:
    """Give (namespace or "", name)."""
    return obj["metadata"].get("namespace") or "", obj["metadata"]["name"]
