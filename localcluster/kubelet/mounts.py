"""Which volume a container sees where."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from localcluster.kubelet.environment import ConfigError
from localcluster.kubelet.expansion import expand
from localcluster.sandbox.runtime import Mount

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcluster.client import Obj
    from localcluster.kubelet.volumes import Volume


def volume_mounts(container: Obj, volumes: Mapping[str, Volume], env: Mapping[str, str]) -> list[Mount]:
    """Give the mounts, outer ones first.

    Raises:
        ConfigError: an unknown volume, or a sub-path that leaves its volume.

    """
    found = [_mount(entry, volumes, env) for entry in container.get("volumeMounts") or []]
    return sorted(found, key=lambda mount: len(PurePosixPath(mount.target).parts))


def _mount(entry: Obj, volumes: Mapping[str, Volume], env: Mapping[str, str]) -> Mount:
    if entry["name"] not in volumes:
        raise ConfigError(f'volume "{entry["name"]}" is not a volume of the pod')
    volume = volumes[entry["name"]]
    target = str(PurePosixPath("/", entry["mountPath"]))
    sub = entry.get("subPath") or expand(entry.get("subPathExpr") or "", env)
    source = _inside(volume.path, sub) if sub else volume.path
    return Mount(source, target, volume.read_only or bool(entry.get("readOnly")))


def _inside(root: Path, sub: str) -> Path:
    """A sub-path of a volume; it is made as a folder if it is not there, as upstream does."""
    if ".." in PurePosixPath(sub).parts or sub.startswith("/"):
        raise ConfigError(f"sub-path {sub!r} must stay inside its volume")
    place = (root / sub).resolve()
    if not place.is_relative_to(root.resolve()):
        raise ConfigError(f"sub-path {sub!r} leads out of its volume")
    if not place.exists():
        place.mkdir(parents=True)
        place.chmod(0o777)
    return place
