"""The Node object of a virtual node: complete, as typed clients want it."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import NAMESPACE_DNS, uuid5

from localcluster.kubelet import clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from localcluster.client import Obj
    from localcluster.kubelet.images import Recipe

VERSION = "v1.34.0+embedded"
PODS = 110  # per node, as upstream
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_HEALTHY = (
    ("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    ("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    ("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
)


def labels(name: str) -> dict[str, str]:
    """Give the usual labels of a node."""
    architecture = _ARCHITECTURES.get(platform.machine(), platform.machine())
    found = {
        f"{prefix}.io/{key}": value
        for prefix in ("kubernetes", "beta.kubernetes")
        for key, value in (("os", "linux"), ("arch", architecture))
    }
    return found | {"kubernetes.io/hostname": name}


def capacity(state: Path) -> dict[str, str]:
    """Give what the machine has. Each virtual node has all of it: they share, as kind's nodes do."""
    disk = os.statvfs(state)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "cpu": str(os.cpu_count() or 1),
        "memory": f"{memory // 1024}Ki",
        "ephemeral-storage": f"{disk.f_frsize * disk.f_blocks // 1024}Ki",
        "pods": str(PODS),
    }


def node_object(name: str, cidr: str, facts: Mapping[str, str]) -> Obj:
    """Give the Node to create; `facts` are its labels."""
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": dict(facts), "annotations": {"node.alpha.kubernetes.io/ttl": "0"}},
        "spec": {"podCIDR": cidr, "podCIDRs": [cidr], "providerID": f"localcluster://{name}"},
    }


def node_status(name: str, address: str, port: int, amounts: Mapping[str, str], images: Iterable[Recipe]) -> Obj:
    """Give the status of a node that works."""
    return {
        "capacity": dict(amounts),
        "allocatable": dict(amounts),
        "addresses": [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
        "nodeInfo": _info(name),
        "images": [{"names": list(recipe.names), "sizeBytes": 0} for recipe in images],
    }


def healthy(before: Iterable[Obj]) -> list[Obj]:
    """Give the conditions of a node that works; a transition time changes only with the status."""
    moment, old = clock.now(), {condition["type"]: condition for condition in before}
    return [_condition(entry, old.get(entry[0]), moment) for entry in _HEALTHY]


def _condition(entry: tuple[str, str, str, str], old: Obj | None, moment: str) -> Obj:
    kind, status, reason, message = entry
    same = old is not None and old["status"] == status
    moved = old["lastTransitionTime"] if old is not None and same else moment
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastHeartbeatTime": moment,
        "lastTransitionTime": moved,
    }


def _info(name: str) -> Obj:
    return {
        "machineID": uuid5(NAMESPACE_DNS, name).hex,
        "systemUUID": str(uuid5(NAMESPACE_DNS, name)),
        "bootID": Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
        "kernelVersion": platform.release(),
        "osImage": _os_name(),
        "containerRuntimeVersion": "localcluster://1",
        "kubeletVersion": VERSION,
        "kubeProxyVersion": "",
        "operatingSystem": "linux",
        "architecture": _ARCHITECTURES.get(platform.machine(), platform.machine()),
    }


def _os_name() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    except OSError:
        return "Linux"
