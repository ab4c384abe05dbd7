"""From a container of a Pod object to what the sandbox is to start."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcluster.kubelet.environment import environment
from localcluster.kubelet.expansion import expand
from localcluster.kubelet.mounts import volume_mounts
from localcluster.kubelet.quantity import quantity
from localcluster.kubelet.security import identity
from localcluster.sandbox.runtime import ContainerSpec, Mount

if TYPE_CHECKING:
    from pathlib import Path

    from localcluster.client import Obj
    from localcluster.kubelet.context import PodContext
    from localcluster.kubelet.images import Recipe

TERMINATION_LOG = "/dev/termination-log"


@dataclass(frozen=True)
class Files:
    """The files of one run of a container."""

    log: Path
    termination: Path

    @classmethod
    def named(cls, folder: Path, name: str, restart: int) -> Files:
        """Name them: `containers/NAME/RESTART.log` and `.termination`."""
        place = folder / "containers" / name
        return cls(place / f"{restart}.log", place / f"{restart}.termination")

    @classmethod
    def of(cls, folder: Path, name: str, restart: int) -> Files:
        """Name and prepare them."""
        files = cls.named(folder, name, restart)
        place = files.log.parent
        place.mkdir(parents=True, exist_ok=True)
        files.termination.touch()
        files.termination.chmod(0o666)
        for old in (place / f"{restart - 2}.{kind}" for kind in ("log", "log.1", "termination")):
            old.unlink(missing_ok=True)  # kubectl logs --previous reaches back one run
        return files


async def container_spec(container: Obj, recipe: Recipe, context: PodContext, files: Files) -> ContainerSpec:
    """Work out command, environment, user and mounts.

    Raises:
        ConfigError: something it refers to is missing, or its user is forbidden.
        ImageError: a path of the image does not exist.
        ApiError: the server did not answer.

    """
    who = identity(context.pod, container, recipe)
    own = await environment(container, context.around)
    limits = (container.get("resources") or {}).get("limits") or {}
    return ContainerSpec(
        name=container["name"],
        argv=_argv(container, recipe, own),
        env={**recipe.env, **own},
        uid=who.uid,
        gid=who.gid,
        workdir=container.get("workingDir") or recipe.workdir,
        mounts=_mounts(container, recipe, context, files, own),
        log=files.log,
        stdin=bool(container.get("stdin")),
        tty=bool(container.get("tty")),
        read_only_root=who.read_only_root,
        cpu_limit=float(quantity(limits["cpu"])) if "cpu" in limits else None,
        memory_limit=int(quantity(limits["memory"])) if "memory" in limits else None,
    )


def _argv(container: Obj, recipe: Recipe, env: dict[str, str]) -> list[str]:
    command, args = container.get("command"), container.get("args")
    from_image = [*recipe.argv, *(recipe.args if args is None else args)]
    argv = [*command, *(args or [])] if command else from_image
    return [expand(word, env) for word in argv]


def _mounts(container: Obj, recipe: Recipe, context: PodContext, files: Files, env: dict[str, str]) -> list[Mount]:
    log = Mount(files.termination, container.get("terminationMessagePath") or TERMINATION_LOG)
    image = [Mount(source, target, read_only=True) for target, source in recipe.sources().items()]
    image.sort(key=lambda mount: len(mount.target.split("/")))  # outer ones first
    return [*image, *volume_mounts(container, context.volumes, env), log]


def hostname(pod: Obj) -> str:
    """Give the host name inside the pod."""
    if pod["spec"].get("hostNetwork"):
        return os.uname().nodename
    return str(pod["spec"].get("hostname") or pod["metadata"]["name"])[:63]
