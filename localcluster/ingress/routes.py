"""From Ingresses, Services and EndpointSlices to a plan: which host and path leads to which addresses."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from localcluster.client import Obj

log = logging.getLogger(__name__)
CONTROLLERS = ("k8s.io/ingress-nginx", "localcluster/nginx")
_PREFIX = "nginx.ingress.kubernetes.io/"
ANNOTATIONS = {
    "proxy-body-size": "client_max_body_size",
    "proxy-connect-timeout": "proxy_connect_timeout",
    "proxy-read-timeout": "proxy_read_timeout",
    "proxy-send-timeout": "proxy_send_timeout",
}
_DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
_SERVICE = "kubernetes.io/service-name"
Addresses = tuple[str, ...]


@dataclass(frozen=True)
class Location:
    """One path of a host. `kind` is Exact, Prefix or ImplementationSpecific; without addresses it answers 503."""

    path: str
    kind: str
    backend: str
    addresses: Addresses
    settings: tuple[tuple[str, str], ...] = ()
    """nginx directives with their values, from annotations."""


@dataclass
class Plan:
    """What nginx shall do: locations by host ("" for every other host), by (path, kind)."""

    hosts: dict[str, dict[tuple[str, str], Location]] = field(default_factory=dict)

    def add(self, host: str, location: Location) -> None:
        """Add a location unless that path is taken already."""
        self.hosts.setdefault(host, {}).setdefault((location.path, location.kind), location)


class Backends:
    """Finds the addresses behind a Service's port."""

    def __init__(self, services: Iterable[Obj], slices: Iterable[Obj]) -> None:
        self._services = {_key(one): one for one in services}
        self._slices: dict[tuple[str, str], list[Obj]] = {}
        for one in slices:
            name = (one["metadata"].get("labels") or {}).get(_SERVICE, "")
            self._slices.setdefault((one["metadata"]["namespace"], name), []).append(one)

    def find(self, namespace: str, reference: Obj) -> tuple[str, Addresses]:
        """Give a name and the ready addresses of an Ingress's `backend.service`."""
        name, wanted = reference["name"], reference.get("port") or {}
        service = self._services.get((namespace, name))
        port = _service_port(service, wanted) if service else None
        if port is None:
            return f"{namespace}-{name}", ()
        found = self._addresses(namespace, name, port.get("name") or "")
        return f"{namespace}-{name}-{port['port']}", tuple(sorted(found))

    def _addresses(self, namespace: str, name: str, port_name: str) -> set[str]:
        return {
            f"{end['addresses'][0]}:{port['port']}"
            for one in self._slices.get((namespace, name), ())
            for port in one.get("ports") or ()
            if (port.get("name") or "") == port_name
            for end in one.get("endpoints") or ()
            if (end.get("conditions") or {}).get("ready") is not False
        }


def ours(ingresses: Iterable[Obj], classes: Iterable[Obj]) -> list[Obj]:
    """Choose the Ingresses that this controller routes, the oldest first: on the same path it wins."""
    mine = {one["metadata"]["name"]: one for one in classes if one["spec"].get("controller") in CONTROLLERS}
    default = any((one["metadata"].get("annotations") or {}).get(_DEFAULT_CLASS) == "true" for one in mine.values())
    chosen = [one for one in ingresses if _is_ours(one, mine, default=default)]
    return sorted(chosen, key=lambda one: (str(one["metadata"].get("creationTimestamp", "")), _key(one)))


def plan(ingresses: Iterable[Obj], backends: Backends) -> Plan:
    """Make the plan; of rules for the same host and path the first counts."""
    result = Plan()
    for ingress in ingresses:
        settings = _settings(ingress)
        spec, namespace = ingress.get("spec") or {}, ingress["metadata"]["namespace"]
        for rule in spec.get("rules") or ():
            for path in (rule.get("http") or {}).get("paths") or ():
                place = (path.get("path") or "/", path.get("pathType") or "ImplementationSpecific")
                result.add(rule.get("host") or "", _location(place, namespace, path["backend"], backends, settings))
        if default := spec.get("defaultBackend"):
            hosts = {rule.get("host") or "" for rule in spec.get("rules") or ()} or {""}
            for host in hosts:
                result.add(host, _location(("/", "Prefix"), namespace, default, backends, settings))
    return result


def _location(
    place: tuple[str, str], namespace: str, backend: Obj, backends: Backends, settings: tuple[tuple[str, str], ...]
) -> Location:
    service = backend.get("service")
    name, addresses = backends.find(namespace, service) if service else (f"{namespace}-no-service", ())
    return Location(place[0], place[1], name, addresses, settings)


def _is_ours(ingress: Obj, mine: Mapping[str, Obj], *, default: bool) -> bool:
    name = (ingress.get("spec") or {}).get("ingressClassName")
    name = name or (ingress["metadata"].get("annotations") or {}).get("kubernetes.io/ingress.class")
    return name in mine if name else default


def _service_port(service: Obj, wanted: Obj) -> Obj | None:
    for port in service["spec"].get("ports") or ():
        if port["port"] == wanted.get("number") or (wanted.get("name") and port.get("name") == wanted["name"]):
            return dict(port)
    return None


def _settings(ingress: Obj) -> tuple[tuple[str, str], ...]:
    found = []
    for key, value in sorted((ingress["metadata"].get("annotations") or {}).items()):
        name = key.removeprefix(_PREFIX)
        if name == key:
            continue
        if name in ANNOTATIONS and value.strip().removesuffix("s").rstrip("kKmMgG").isdigit():
            found.append((ANNOTATIONS[name], value.strip()))
        else:
            log.warning("ingress %s/%s: %s=%r has no effect here", *_key(ingress), key, value)
    return tuple(found)


def _key(obj: Obj) -> tuple[str, str]:
    return obj["metadata"].get("namespace") or "", obj["metadata"]["name"]
