"""The n-th pod of a StatefulSet: its name, its identity, its claims."""

import re
from copy import deepcopy

from localcluster.client import Obj
from localcluster.controllers import history
from localcluster.controllers.templates import owner_reference, pod_from

_NAME = re.compile(r"^(.+)-(\d+)$")


def ordinal(owner: Obj, pod: Obj) -> int | None:
    """Give the pod's number; None when its name is not of this set."""
    found = _NAME.match(pod["metadata"]["name"])
    return int(found[2]) if found and found[1] == owner["metadata"]["name"] else None


def make(owner: Obj, number: int, revision: Obj) -> Obj:
    """Make the pod of a number from the template of a revision."""
    name = f"{owner['metadata']['name']}-{number}"
    pod = pod_from(history.template_of(revision), owner, name)
    pod["metadata"]["labels"] |= {
        history.LABEL: revision["metadata"]["name"],
        "statefulset.kubernetes.io/pod-name": name,
        "apps.kubernetes.io/pod-index": str(number),
    }
    pod["spec"]["hostname"] = name
    if owner["spec"].get("serviceName"):
        pod["spec"]["subdomain"] = owner["spec"]["serviceName"]
    _mount_claims(owner, pod)
    return pod


def claims(owner: Obj, number: int) -> list[Obj]:
    """Give the claims that the pod of a number needs."""
    return [_claim(owner, template, number) for template in owner["spec"].get("volumeClaimTemplates") or ()]


def retention(owner: Obj) -> tuple[bool, bool]:
    """Say whether claims go when the set is (deleted, scaled down)."""
    policy = owner["spec"].get("persistentVolumeClaimRetentionPolicy") or {}
    return policy.get("whenDeleted") == "Delete", policy.get("whenScaled") == "Delete"


def _claim_name(owner: Obj, template: Obj, number: int) -> str:
    return f"{template['metadata']['name']}-{owner['metadata']['name']}-{number}"


def _claim(owner: Obj, template: Obj, number: int) -> Obj:
    labels = (template["metadata"].get("labels") or {}) | (owner["spec"]["selector"].get("matchLabels") or {})
    meta: Obj = {
        "name": _claim_name(owner, template, number),
        "namespace": owner["metadata"]["namespace"],
        "labels": labels,
        "annotations": template["metadata"].get("annotations") or {},
    }
    if retention(owner)[0]:
        meta["ownerReferences"] = [owner_reference(owner)]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": meta,
        "spec": deepcopy(template["spec"]),
    }


def _mount_claims(owner: Obj, pod: Obj) -> None:
    number = ordinal(owner, pod) or 0
    templates = owner["spec"].get("volumeClaimTemplates") or []
    names = {template["metadata"]["name"] for template in templates}
    volumes = [one for one in pod["spec"].get("volumes") or () if one["name"] not in names]
    for template in templates:
        claim = {"claimName": _claim_name(owner, template, number)}
        volumes.append({"name": template["metadata"]["name"], "persistentVolumeClaim": claim})
    if volumes:
        pod["spec"]["volumes"] = volumes
