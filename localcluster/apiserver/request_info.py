"""What a request's path and query ask for."""

from dataclasses import dataclass, field
from urllib.parse import unquote

from localcluster.apiserver.errors import no_such_resource
from localcluster.apiserver.resources import BY_PATH, Resource

_OF_NAMESPACES = frozenset({"status", "finalize"})


@dataclass(frozen=True, slots=True)
class RequestInfo:
    """A resource request taken apart; `rest` is what follows the subresource (a proxy's path)."""

    resource: Resource
    namespace: str | None
    name: str = ""
    subresource: str = ""
    rest: str = ""
    query: dict[str, str] = field(default_factory=dict)

    def flag(self, key: str) -> bool:
        """Read a boolean query parameter; Patroni writes `True`."""
        return self.query.get(key, "").lower() in ("true", "1")


def split_group(path: str) -> tuple[str, str, list[str]] | None:
    """Split `/apis/apps/v1/deployments` into apps, v1 and the rest; None for what is no API path."""
    parts = [unquote(part) for part in path.strip("/").split("/")]
    if parts[:2] == ["api", "v1"] and len(parts) > 2:
        return "", "v1", parts[2:]
    if parts[0] == "apis" and len(parts) > 3:
        return parts[1], parts[2], parts[3:]
    return None


def read(group: str, version: str, parts: list[str], query: dict[str, str]) -> RequestInfo:
    """Find the resource that the rest of a path names; raises ApiError 404."""
    namespace = None
    if parts[0] == "namespaces" and len(parts) > 2 and parts[2] not in _OF_NAMESPACES:
        namespace, parts = parts[1], parts[2:]
    resource = BY_PATH.get((group, version, parts[0]))
    if resource is None or (namespace and not resource.namespaced):
        raise no_such_resource()
    name, subresource, *rest = [*parts[1:], "", ""]
    if name and resource.namespaced and not namespace:
        raise no_such_resource()
    return RequestInfo(resource, namespace, name, subresource, "/".join(rest[: len(parts) - 3]), query)
