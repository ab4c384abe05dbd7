"""Which user a container runs as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcluster.kubelet.environment import ConfigError

if TYPE_CHECKING:
    from localcluster.client import Obj
    from localcluster.kubelet.images import Recipe


@dataclass(frozen=True)
class Identity:
    """What of the securityContext is honoured; capabilities, seccomp, SELinux and fsGroup change nothing here."""

    uid: int
    gid: int
    read_only_root: bool


def identity(pod: Obj, container: Obj, recipe: Recipe) -> Identity:
    """Decide: the container's securityContext, then the pod's, then the recipe.

    Raises:
        ConfigError: runAsNonRoot is set, and it would be root.

    """
    context = {**(pod["spec"].get("securityContext") or {}), **(container.get("securityContext") or {})}
    uid = int(context.get("runAsUser", recipe.uid))
    if context.get("runAsNonRoot") and uid == 0:
        whose = "container's runAsUser breaks non-root policy" if "runAsUser" in context else "image will run as root"
        raise ConfigError(f"container has runAsNonRoot and {whose} (container: {container['name']})")
    gid = int(context.get("runAsGroup", recipe.gid))
    return Identity(uid, gid, bool(context.get("readOnlyRootFilesystem")))
