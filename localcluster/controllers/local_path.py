"""Volumes that are folders of this machine, as Rancher's local-path provisioner makes them."""

import shutil
from pathlib import Path

from localcluster.apiserver.bootstrap import PROVISIONER
from localcluster.client import Obj

_HOSTNAME = "kubernetes.io/hostname"


def volume(claim: Obj, storage_class: Obj, node: Obj | None, root: Path, reference: Obj) -> Obj:
    """Make the volume of a claim. It belongs to the node that was chosen for its first pod, if one was."""
    meta = claim["metadata"]
    name = f"pvc-{meta['uid']}"
    spec: Obj = {
        "accessModes": claim["spec"]["accessModes"],
        "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
        "claimRef": reference,
        "hostPath": {"path": str(root / f"{name}_{meta['namespace']}_{meta['name']}"), "type": "DirectoryOrCreate"},
        "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
        "storageClassName": storage_class["metadata"]["name"],
        "volumeMode": claim["spec"].get("volumeMode", "Filesystem"),
    }
    if node is not None:
        host = (node["metadata"].get("labels") or {}).get(_HOSTNAME, node["metadata"]["name"])
        rule = {"key": _HOSTNAME, "operator": "In", "values": [host]}
        spec["nodeAffinity"] = {"required": {"nodeSelectorTerms": [{"matchExpressions": [rule]}]}}
    marks = {"pv.kubernetes.io/provisioned-by": PROVISIONER}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": marks, "finalizers": ["kubernetes.io/pv-protection"]},
        "spec": spec,
    }


def make_folder(made: Obj) -> None:
    """Make the folder of a new volume, for every user: nobody knows yet who the pod's will be. Raises OSError."""
    path = Path(made["spec"]["hostPath"]["path"])
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o777)


def is_ours(found: Obj) -> bool:
    """Say whether the provisioner made this volume."""
    marks = found["metadata"].get("annotations") or {}
    return marks.get("pv.kubernetes.io/provisioned-by") == PROVISIONER


def erase(found: Obj, root: Path) -> None:
    """Delete the folder of a volume and all in it; one that is not below `root` is never touched. Raises OSError."""
    path = Path((found["spec"].get("hostPath") or {}).get("path") or "/")
    if path.parent != root:
        raise OSError(f"{path} is not a folder of this cluster's volumes ({root})")
    if path.exists():
        shutil.rmtree(path)


__all__ = ["PROVISIONER", "erase", "is_ours", "make_folder", "volume"]
