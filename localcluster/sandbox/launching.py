"""Turns a container's spec into what the spawner is told."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

from . import etc
from .runtime import ContainerSpec, PodSpec, SandboxError

_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def environment(pod: PodSpec, spec: ContainerSpec) -> Mapping[str, str]:
    """Add what every program may expect and the image did not set."""
    usual = {"PATH": _PATH, "HOSTNAME": pod.hostname, "HOME": etc.home(spec.uid)}
    return {**usual, **({"TERM": "xterm"} if spec.tty else {}), **spec.env}


def plan_values(pod: PodSpec, spec: ContainerSpec) -> dict[str, object]:
    """Describe the container's file system (`rootfs.Plan`).

    Raises:
        SandboxError: a mount's target is no absolute path.

    """
    mounts = [(str(mount.source), _absolute(mount.target), mount.read_only) for mount in spec.mounts]
    return {
        "etc_files": etc.files(pod, spec.uid, spec.gid),
        "mounts": mounts,
        "workdir": spec.workdir or "/",
        "read_only_root": spec.read_only_root,
    }


def _absolute(target: str) -> str:
    if not target.startswith("/"):
        raise SandboxError(f"mount target {target!r} is not an absolute path")
    return os.path.normpath(target)


def launch_values(spec: ContainerSpec, argv: Sequence[str], *, tty: bool) -> dict[str, object]:
    """Describe a program to execute in a container (`child.Launch`).

    Raises:
        SandboxError: there is no program.

    """
    if not argv:
        raise SandboxError("no command specified")
    env = {**spec.env, "TERM": spec.env.get("TERM", "xterm")} if tty else dict(spec.env)
    return {
        "argv": list(argv),
        "env": env,
        "workdir": spec.workdir or "/",
        "uid": spec.uid,
        "gid": spec.gid,
        "tty": tty,
    }
