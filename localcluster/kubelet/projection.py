"""Volumes made of facts: configMap, secret, downwardAPI and projected become files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcluster.kubelet import downward
from localcluster.kubelet.atomic import File
from localcluster.kubelet.environment import contents

if TYPE_CHECKING:
    from localcluster.client import Obj
    from localcluster.kubelet.environment import Surroundings
    from localcluster.kubelet.tokens import Tokens

KINDS = ("configMap", "secret", "downwardAPI", "projected")
_PLURAL = {"configMap": "configmaps", "secret": "secrets"}


class VolumeError(Exception):
    """A volume that cannot be set up (yet); shown as the event FailedMount."""


async def files(volume: Obj, around: Surroundings, tokens: Tokens) -> dict[str, File]:
    """Give the files of a volume by relative path.

    Raises:
        VolumeError: what it refers to is missing.
        ApiError: the server did not answer.

    """
    kind = next(kind for kind in KINDS if kind in volume)
    given = volume[kind] or {}
    mode = given.get("defaultMode", 0o644)
    found: dict[str, File] = {}
    for source in (given.get("sources") or []) if kind == "projected" else [{kind: given}]:
        found |= await _source(source, mode, around, tokens)
    if outside := [path for path in found if path.startswith("/") or ".." in path.split("/")]:
        raise VolumeError(f"paths must stay inside the volume: {', '.join(outside)}")
    return found


async def _source(source: Obj, mode: int, around: Surroundings, tokens: Tokens) -> dict[str, File]:
    if "serviceAccountToken" in source:
        return {source["serviceAccountToken"]["path"]: File(await tokens.get(source["serviceAccountToken"]), mode)}
    if "downwardAPI" in source:
        return _downward(source["downwardAPI"] or {}, mode, around)
    for kind, resource in _PLURAL.items():
        if kind in source:
            return await _keys(source[kind], resource, mode, around)
    raise VolumeError(f"a projected volume from {', '.join(source)} is not supported")


async def _keys(ref: Obj, resource: str, mode: int, around: Surroundings) -> dict[str, File]:
    name = ref.get("secretName") or ref.get("name") or ""  # a secret volume says secretName, a projected one name
    found = await around.sources.get(resource, around.namespace, name)
    if found is None and not ref.get("optional"):
        raise VolumeError(f'{resource[:-1]} "{name}" not found')
    data = contents(found) if found else {}
    if not ref.get("items"):
        return {key: File(value, mode) for key, value in data.items()}
    missing = [item["key"] for item in ref["items"] if item["key"] not in data]
    if missing and not ref.get("optional"):
        raise VolumeError(f"references non-existent {resource[:-1]} key: {', '.join(missing)}")
    wanted = [item for item in ref["items"] if item["key"] in data]
    return {item["path"]: File(data[item["key"]], item.get("mode", mode)) for item in wanted}


def _downward(given: Obj, mode: int, around: Surroundings) -> dict[str, File]:
    return {
        item["path"]: File(_fact(item, around).encode(), item.get("mode", mode)) for item in given.get("items") or []
    }


def _fact(item: Obj, around: Surroundings) -> str:
    try:
        if "fieldRef" in item:
            return downward.field(around.pod, item["fieldRef"]["fieldPath"])
        return downward.resource(around.pod, "", item["resourceFieldRef"], around.allocatable)
    except ValueError as error:
        raise VolumeError(str(error)) from error


def references(volume: Obj, namespace: str) -> set[tuple[str, str, str]]:
    """Name the ConfigMaps and Secrets whose change changes the volume."""
    sources = (volume["projected"].get("sources") or []) if "projected" in volume else [volume]
    return {
        (resource, namespace, source[kind].get("secretName") or source[kind].get("name") or "")
        for source in sources
        for kind, resource in _PLURAL.items()
        if kind in source
    }
