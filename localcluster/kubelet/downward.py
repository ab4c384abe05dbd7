"""The downward API: facts of a pod for its own containers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from localcluster.kubelet.quantity import in_units

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcluster.client import Obj

_KEYED = re.compile(r"metadata\.(labels|annotations)\['(.+)'\]")


def field(pod: Obj, path: str) -> str:
    """Give `metadata.name`, `status.podIP`, `metadata.labels['x']` and the like.

    Raises:
        ValueError: Kubernetes has no such field in the downward API.

    """
    if keyed := _KEYED.fullmatch(path):
        return str((pod["metadata"].get(keyed.group(1)) or {}).get(keyed.group(2), ""))
    if path in ("metadata.labels", "metadata.annotations"):
        return "\n".join(_lines(pod["metadata"].get(path.partition(".")[2]) or {}))
    return _plain(pod, path)


def _lines(pairs: Mapping[str, str]) -> list[str]:
    return [f'{key}="{_escaped(value)}"' for key, value in sorted(pairs.items())]


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _plain(pod: Obj, path: str) -> str:
    meta, spec, status = pod["metadata"], pod["spec"], pod.get("status") or {}
    known = {
        "metadata.name": meta["name"],
        "metadata.namespace": meta["namespace"],
        "metadata.uid": meta["uid"],
        "spec.nodeName": spec.get("nodeName", ""),
        "spec.serviceAccountName": spec.get("serviceAccountName") or "default",
        "status.hostIP": status.get("hostIP", ""),
        "status.hostIPs": ",".join(entry["ip"] for entry in status.get("hostIPs") or []),
        "status.podIP": status.get("podIP", ""),
        "status.podIPs": ",".join(entry["ip"] for entry in status.get("podIPs") or []),
    }
    if path not in known:
        raise ValueError(f"the downward API has no field {path!r}")
    return str(known[path])


def resource(pod: Obj, container: str, ref: Obj, allocatable: Mapping[str, str]) -> str:
    """Give `limits.cpu`, `requests.memory` and the like, in units of the divisor, rounded up.

    A limit that is not set is what the node can give.

    Raises:
        ValueError: no such container or resource.

    """
    name = ref.get("containerName") or container
    group, _, kind = ref["resource"].partition(".")
    found = [c for c in _containers(pod) if c["name"] == name]
    if not found or group not in ("limits", "requests"):
        raise ValueError(f"{ref['resource']!r} of container {name!r} does not exist")
    resources = found[0].get("resources") or {}
    value = (resources.get(group) or {}).get(kind)
    if value is None:
        value = allocatable.get(kind, "0") if group == "limits" else "0"
    return str(in_units(value, str(ref.get("divisor") or 1)))


def _containers(pod: Obj) -> list[Obj]:
    return [*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or [])]
