"""How many pods the ReplicaSets of a Deployment may have while one takes over from the others."""

from dataclasses import dataclass
from math import ceil, floor

from localcluster.client import Obj


@dataclass(frozen=True)
class Leeway:
    """How far a rolling update may go above and below the wanted number."""

    surge: int
    unavailable: int


def leeway(deployment: Obj) -> Leeway:
    """Read maxSurge (rounded up) and maxUnavailable (rounded down); both zero never moves: then one may be missing."""
    strategy = deployment["spec"].get("strategy") or {}
    if strategy.get("type") == "Recreate":
        return Leeway(0, 0)
    rolling = strategy.get("rollingUpdate") or {}
    wanted = replicas(deployment)
    surge = scaled(rolling.get("maxSurge", "25%"), wanted, up=True)
    unavailable = scaled(rolling.get("maxUnavailable", "25%"), wanted, up=False)
    if surge == 0 and unavailable == 0:
        unavailable = 1
    return Leeway(surge, min(unavailable, wanted))


def scaled(value: int | str, total: int, *, up: bool) -> int:
    """Read a number or a percentage of a total."""
    if isinstance(value, int):
        return value
    share = total * float(value.removesuffix("%")) / 100 if value.endswith("%") else float(value)
    return ceil(share) if up else floor(share)


def replicas(obj: Obj) -> int:
    """Give spec.replicas, which is 1 unless set."""
    wanted = obj["spec"].get("replicas")
    return 1 if wanted is None else int(wanted)


def available(replicaset: Obj) -> int:
    """Give status.availableReplicas."""
    return int((replicaset.get("status") or {}).get("availableReplicas", 0))


def new_size(deployment: Obj, new: Obj, everyone: list[Obj]) -> int:
    """How large the new ReplicaSet may become now."""
    wanted = replicas(deployment)
    if (deployment["spec"].get("strategy") or {}).get("type") == "Recreate":
        return wanted
    room = wanted + leeway(deployment).surge - sum(replicas(one) for one in everyone)
    if room <= 0:
        return replicas(new)
    return replicas(new) + min(room, wanted - replicas(new))


def old_sizes(deployment: Obj, new: Obj, old: list[Obj]) -> dict[str, int]:
    """How small each old ReplicaSet (by name) should become: first what is broken, then what the new one replaces."""
    sizes = {one["metadata"]["name"]: replicas(one) for one in old}
    minimum = replicas(deployment) - leeway(deployment).unavailable
    unready_new = replicas(new) - available(new)
    spare = sum(sizes.values()) + replicas(new) - minimum - unready_new
    if spare <= 0 or not sum(sizes.values()):
        return sizes
    oldest_first = sorted(old, key=lambda one: str(one["metadata"]["creationTimestamp"]))
    for one in oldest_first:
        broken = min(spare, replicas(one) - available(one))
        sizes[one["metadata"]["name"]] -= max(broken, 0)
        spare -= max(broken, 0)
    surplus = sum(available(one) for one in [*old, new]) - minimum
    for one in oldest_first:
        name = one["metadata"]["name"]
        down = max(0, min(sizes[name], surplus))
        sizes[name] -= down
        surplus -= down
    return sizes


def proportional(deployment: Obj, active: list[Obj]) -> dict[str, int]:
    """Share a change of size among ReplicaSets in the middle of a roll-out, the largest taking what rounding leaves."""
    wanted = replicas(deployment)
    allowed = wanted + leeway(deployment).surge if wanted > 0 else 0
    total = sum(replicas(one) for one in active)
    left = allowed - total
    # among equals the newest grows first and the oldest shrinks first
    by_age = sorted(active, key=lambda one: str(one["metadata"]["creationTimestamp"]), reverse=left > 0)
    largest_first = sorted(by_age, key=replicas, reverse=True)
    sizes: dict[str, int] = {}
    for one in largest_first:
        part = _share(one, allowed, total, left)
        sizes[one["metadata"]["name"]] = replicas(one) + part
        left -= part
    if left and largest_first:
        first = largest_first[0]["metadata"]["name"]
        sizes[first] = max(0, sizes[first] + left)
    return sizes


def _share(one: Obj, allowed: int, total: int, left: int) -> int:
    before = int(
        (one["metadata"].get("annotations") or {}).get("deployment.kubernetes.io/max-replicas", total) or total
    )
    part = round(replicas(one) * allowed / before) - replicas(one) if before else 0
    return max(left, min(part, 0)) if left < 0 else min(left, max(part, 0))
