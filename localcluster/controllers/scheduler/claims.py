"""What a pod's volume claims say about where it may go."""

from dataclasses import dataclass, field

from localcluster.client import Obj
from localcluster.controllers.cluster import Cluster

PVC, PV, CLASS = "persistentvolumeclaims", "persistentvolumes", "storageclasses.storage.k8s.io"
SELECTED_NODE = "volume.kubernetes.io/selected-node"


@dataclass
class Claims:
    """The volumes a pod has already, the claims that wait for a node, and what makes placing it impossible."""

    bound: list[Obj] = field(default_factory=list)
    waiting: list[Obj] = field(default_factory=list)
    obstacle: str = ""


def names(pod: Obj) -> list[str]:
    """Give the names of the claims a pod uses."""
    found = []
    for volume in pod["spec"].get("volumes") or ():
        if "persistentVolumeClaim" in volume:
            found.append(volume["persistentVolumeClaim"]["claimName"])
        elif "ephemeral" in volume:
            found.append(f"{pod['metadata']['name']}-{volume['name']}")
    return found


def look(cluster: Cluster, pod: Obj) -> Claims:
    """Sort the claims of a pod."""
    result = Claims()
    for name in names(pod):
        claim = cluster.get(PVC, pod["metadata"]["namespace"], name)
        if claim is None or "deletionTimestamp" in claim["metadata"]:
            what = "not found" if claim is None else "is being deleted"
            result.obstacle = f'persistentvolumeclaim "{name}" {what}'
        elif (claim.get("status") or {}).get("phase") == "Bound":
            volume = cluster.get(PV, None, claim["spec"].get("volumeName", ""))
            result.bound.extend([volume] if volume else [])
        elif waits_for_consumer(cluster, claim):
            result.waiting.append(claim)
        else:
            result.obstacle = "pod has unbound immediate PersistentVolumeClaims"
    return result


def waits_for_consumer(cluster: Cluster, claim: Obj) -> bool:
    """Say whether the claim's class binds only when a pod was placed."""
    found = cluster.get(CLASS, None, claim["spec"].get("storageClassName") or "")
    return found is not None and found.get("volumeBindingMode") == "WaitForFirstConsumer"
