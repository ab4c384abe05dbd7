"""The environment variables of a container."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcluster.kubelet import downward
from localcluster.kubelet.expansion import expand
from localcluster.kubelet.service_env import service_env

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcluster.client import Obj
    from localcluster.kubelet.sources import Sources


class ConfigError(Exception):
    """A container whose description cannot be fulfilled (yet); shown as CreateContainerConfigError."""


@dataclass
class Surroundings:
    """What variables and volumes are made from."""

    pod: Obj
    """The newest version, with the addresses that the node gave it."""
    sources: Sources
    allocatable: Mapping[str, str]

    @property
    def namespace(self) -> str:
        """The namespace of the pod."""
        return str(self.pod["metadata"]["namespace"])


async def environment(container: Obj, around: Surroundings) -> dict[str, str]:
    """Give the variables: service links, then envFrom, then env; later ones win.

    Raises:
        ConfigError: a ConfigMap, Secret or key that is not optional is missing.
        ApiError: the server did not answer.

    """
    links = await _service_links(around)
    env: dict[str, str] = {}
    for source in container.get("envFrom") or []:
        env |= await _all_of(source, around)
    for entry in container.get("env") or []:
        value = await _value(entry, container["name"], around, links | env)
        if value is not None:
            env[entry["name"]] = value
    return links | env


async def _service_links(around: Surroundings) -> dict[str, str]:
    services = []
    if around.pod["spec"].get("enableServiceLinks", True):
        services = await around.sources.services(around.namespace)
    if around.namespace != "default" or not services:
        kubernetes = await around.sources.get("services", "default", "kubernetes")
        services = [*([kubernetes] if kubernetes else []), *services]
    return service_env(services)


async def _all_of(source: Obj, around: Surroundings) -> dict[str, str]:
    resource, ref = (
        ("configmaps", source["configMapRef"]) if "configMapRef" in source else ("secrets", source["secretRef"])
    )
    found = await around.sources.get(resource, around.namespace, ref["name"])
    if found is None:
        if ref.get("optional"):
            return {}
        raise ConfigError(f'{resource[:-1]} "{ref["name"]}" not found')
    prefix = source.get("prefix") or ""
    return {f"{prefix}{key}": value.decode(errors="replace") for key, value in contents(found).items()}


async def _value(entry: Obj, container: str, around: Surroundings, known: Mapping[str, str]) -> str | None:
    origin = entry.get("valueFrom")
    if not origin:
        return expand(entry.get("value") or "", known)
    try:
        if "fieldRef" in origin:
            return downward.field(around.pod, origin["fieldRef"]["fieldPath"])
        if "resourceFieldRef" in origin:
            return downward.resource(around.pod, container, origin["resourceFieldRef"], around.allocatable)
    except ValueError as error:
        raise ConfigError(f"variable {entry['name']}: {error}") from error
    return await _key_of(origin, around)


async def _key_of(origin: Obj, around: Surroundings) -> str | None:
    for word, resource in (("configMapKeyRef", "configmaps"), ("secretKeyRef", "secrets")):
        if word in origin:
            return await _one_key(resource, origin[word], around)
    raise ConfigError(f"a variable from {', '.join(origin)} is not supported")


async def _one_key(resource: str, ref: Obj, around: Surroundings) -> str | None:
    found = await around.sources.get(resource, around.namespace, ref["name"])
    value = contents(found).get(ref["key"]) if found else None
    if value is not None:
        return value.decode(errors="replace")
    if ref.get("optional"):
        return None
    if found is None:
        raise ConfigError(f'{resource[:-1]} "{ref["name"]}" not found')
    kind = "ConfigMap" if resource == "configmaps" else "Secret"
    raise ConfigError(f"couldn't find key {ref['key']} in {kind} {around.namespace}/{ref['name']}")


def contents(source: Obj) -> dict[str, bytes]:
    """Give the keys of a ConfigMap or Secret as bytes."""
    if source.get("kind") == "Secret":
        return {key: b64decode(value) for key, value in (source.get("data") or {}).items()}
    text = {key: value.encode() for key, value in (source.get("data") or {}).items()}
    return text | {key: b64decode(value) for key, value in (source.get("binaryData") or {}).items()}
