"""Whose pods are these: controllers adopt matching orphans and release what no longer matches."""

from localcluster.client import ApiError, Obj
from localcluster.controllers.cluster import Cluster, controller_uid
from localcluster.controllers.templates import owner_reference
from localcluster.selectors import from_label_selector


async def claim(cluster: Cluster, resource: str, owner: Obj) -> list[Obj]:
    """Give what the owner controls after adopting and releasing; an owner that is going adopts nothing."""
    selector = from_label_selector(owner["spec"]["selector"])
    claimed = []
    for obj in cluster.owned(resource, owner):
        if selector.matches(obj["metadata"].get("labels")) or "deletionTimestamp" in obj["metadata"]:
            claimed.append(obj)
        else:
            await _release(cluster, resource, owner, obj)
    if "deletionTimestamp" in owner["metadata"]:
        return claimed
    for obj in cluster.items(resource, owner["metadata"]["namespace"]):
        free = not controller_uid(obj) and "deletionTimestamp" not in obj["metadata"]
        if free and selector.matches(obj["metadata"].get("labels")):
            claimed.extend(await _adopt(cluster, resource, owner, obj))
    return claimed


async def _adopt(cluster: Cluster, resource: str, owner: Obj, obj: Obj) -> list[Obj]:
    references = [*(obj["metadata"].get("ownerReferences") or ()), owner_reference(owner)]
    return await _refer(cluster, resource, obj, references)


async def _release(cluster: Cluster, resource: str, owner: Obj, obj: Obj) -> None:
    uid = owner["metadata"]["uid"]
    await _refer(cluster, resource, obj, [one for one in obj["metadata"]["ownerReferences"] if one["uid"] != uid])


async def _refer(cluster: Cluster, resource: str, obj: Obj, references: list[Obj]) -> list[Obj]:
    patch = {"metadata": {"uid": obj["metadata"]["uid"], "ownerReferences": references}}
    try:
        return [await cluster.patch(resource, obj, patch)]
    except ApiError as error:
        if error.code in (404, 409, 422):  # gone, or another object bears the name by now
            return []
        raise
