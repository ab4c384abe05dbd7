"""ControllerRevisions: the templates that a StatefulSet or DaemonSet has had, as `kubectl rollout` reads them."""

from copy import deepcopy

from localcluster.client import Obj
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.templates import owner_reference, template_hash

LABEL = "controller-revision-hash"
_HASH = "controller.kubernetes.io/hash"
_RESOURCE = "controllerrevisions.apps"
_KUBECTL = "kubectl.kubernetes.io/last-applied-configuration"


async def current(cluster: Cluster, owner: Obj) -> Obj:
    """Give the revision of the owner's present template: made, or moved to the end when it is an old one again."""
    known = revisions(cluster, owner)
    digest = template_hash(owner["spec"]["template"], (owner.get("status") or {}).get("collisionCount", 0))
    highest = max((one["revision"] for one in known), default=0)
    for one in known:
        if one["metadata"]["labels"].get(_HASH) == digest:
            if one["revision"] == highest:
                return one
            return await cluster.update(_RESOURCE, {**one, "revision": highest + 1})
    return await cluster.create(_RESOURCE, _revision(owner, digest, highest + 1))


def revisions(cluster: Cluster, owner: Obj) -> list[Obj]:
    """Give what is known of an owner, oldest first."""
    return sorted(cluster.owned(_RESOURCE, owner), key=lambda one: int(one["revision"]))


def template_of(revision: Obj) -> Obj:
    """Give back the template that a revision keeps."""
    template = deepcopy(revision["data"]["spec"]["template"])
    template.pop("$patch", None)
    return dict(template)


async def trim(cluster: Cluster, owner: Obj, live: set[str]) -> None:
    """Forget the oldest revisions above the owner's limit; `live` are names still in use."""
    limit = owner["spec"].get("revisionHistoryLimit", 10)
    idle = [one for one in revisions(cluster, owner) if one["metadata"]["name"] not in live]
    for one in idle[: max(0, len(idle) - limit)]:
        await cluster.delete(_RESOURCE, one)


def _revision(owner: Obj, digest: str, number: int) -> Obj:
    meta = owner["metadata"]
    annotations = {key: value for key, value in (meta.get("annotations") or {}).items() if key != _KUBECTL}
    labels = (owner["spec"]["template"].get("metadata") or {}).get("labels") or {}
    template = deepcopy(owner["spec"]["template"]) | {"$patch": "replace"}
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": f"{meta['name']}-{digest}",
            "namespace": meta["namespace"],
            "labels": labels | {_HASH: digest},
            "annotations": annotations,
            "ownerReferences": [owner_reference(owner)],
        },
        "data": {"spec": {"template": template}},
        "revision": number,
    }
