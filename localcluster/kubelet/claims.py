"""Where a PersistentVolumeClaim's data lies on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from localcluster.kubelet.projection import VolumeError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcluster.client import Obj
    from localcluster.kubelet.sources import Sources


async def claimed_volume(sources: Sources, namespace: str, name: str, labels: Mapping[str, str]) -> Path:
    """Give the folder of the volume that the claim is bound to, on a node with these labels.

    Raises:
        VolumeError: no claim, not bound, on another node, or no local path.
        ApiError: the server did not answer.

    """
    claim = await sources.get("persistentvolumeclaims", namespace, name)
    if claim is None:
        raise VolumeError(f'persistentvolumeclaim "{name}" not found')
    bound = (claim.get("status") or {}).get("phase") == "Bound"
    volume = await sources.get("persistentvolumes", None, claim["spec"].get("volumeName") or "-") if bound else None
    if volume is None:
        raise VolumeError(f'persistentvolumeclaim "{name}" is not bound to a volume')
    if not _allowed_on(volume, labels):
        raise VolumeError(f"volume {volume['metadata']['name']} has a node affinity to another node")
    return _path(volume)


def _path(volume: Obj) -> Path:
    spec = volume["spec"]
    source = spec.get("hostPath") or spec.get("local")
    if not source:
        raise VolumeError(
            f"volume {volume['metadata']['name']} is neither hostPath nor local; others are not supported"
        )
    return Path(source["path"])


def _allowed_on(volume: Obj, labels: Mapping[str, str]) -> bool:
    required = (volume["spec"].get("nodeAffinity") or {}).get("required")
    if not required:
        return True
    return any(
        all(_matches(rule, labels) for rule in term.get("matchExpressions") or [])
        for term in required["nodeSelectorTerms"]
    )


def _matches(rule: Obj, labels: Mapping[str, str]) -> bool:
    value, values = labels.get(rule["key"]), rule.get("values") or []
    answers = {
        "In": value in values,
        "NotIn": value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }
    return answers.get(rule["operator"], False)
