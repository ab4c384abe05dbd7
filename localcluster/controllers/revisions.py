"""The annotations in which a Deployment keeps its history, as `kubectl rollout history` reads them."""

from localcluster.client import Obj
from localcluster.controllers.rollout import leeway, replicas

REVISION = "deployment.kubernetes.io/revision"
DESIRED = "deployment.kubernetes.io/desired-replicas"
_MAXIMUM = "deployment.kubernetes.io/max-replicas"
_HISTORY = "deployment.kubernetes.io/revision-history"
_NOT_COPIED = {REVISION, DESIRED, _MAXIMUM, _HISTORY, "kubectl.kubernetes.io/last-applied-configuration"}


def of(obj: Obj) -> int:
    """Give the revision of a ReplicaSet or Deployment, 0 when it has none."""
    try:
        return int((obj["metadata"].get("annotations") or {}).get(REVISION, "0"))
    except ValueError:
        return 0


def highest(sets: list[Obj]) -> int:
    """Give the highest revision, 0 when there is none."""
    return max((of(one) for one in sets), default=0)


def newest(sets: list[Obj]) -> Obj | None:
    """Give the ReplicaSet with the highest revision."""
    return max(sets, key=of, default=None)


def sizes(deployment: Obj) -> dict[str, str]:
    """Write down what the Deployment wanted when it last sized a ReplicaSet."""
    wanted = replicas(deployment)
    return {DESIRED: str(wanted), _MAXIMUM: str(wanted + leeway(deployment).surge)}


def annotations(deployment: Obj, revision: int, existing: Obj | None = None) -> dict[str, str]:
    """Annotate a ReplicaSet: the Deployment's annotations (change-cause among them), its revision and earlier ones."""
    found = (deployment["metadata"].get("annotations") or {}).items()
    wanted = {key: value for key, value in found if key not in _NOT_COPIED} | {REVISION: str(revision)}
    if existing is None:
        return wanted | sizes(deployment)
    before = of(existing)
    if before and before != revision:
        history = (existing["metadata"].get("annotations") or {}).get(_HISTORY, "")
        wanted[_HISTORY] = ",".join(part for part in (history, str(before)) if part)
    return wanted
