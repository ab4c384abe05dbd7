"""Pods out of templates, names for them, and hashes that tell templates apart."""

import hashlib
import json
import random
from copy import deepcopy

from localcluster.client import Obj

# no vowels and no look-alikes, so that names spell nothing, as upstream
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def safe(text: str, length: int = 10) -> str:
    """Give a short name-safe hash of a text."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:10], "big")
    letters = []
    for _ in range(length):
        number, rest = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[rest])
    return "".join(letters)


def template_hash(template: Obj, collisions: int = 0) -> str:
    """Tell templates apart; equal ones have the same hash."""
    return safe(json.dumps(template, sort_keys=True) + str(collisions))


def random_suffix(length: int = 5) -> str:
    """Give the random end of a pod's name."""
    return "".join(random.choices(_ALPHABET, k=length))


def owner_reference(owner: Obj) -> Obj:
    """Refer to the controlling owner."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def pod_from(template: Obj, owner: Obj, name: str) -> Obj:
    """Make the pod of a template, in its owner's namespace."""
    given = deepcopy(template.get("metadata") or {})
    meta = {
        "name": name,
        "namespace": owner["metadata"]["namespace"],
        "labels": given.get("labels") or {},
        "annotations": given.get("annotations") or {},
        "ownerReferences": [owner_reference(owner)],
    }
    if given.get("finalizers"):
        meta["finalizers"] = given["finalizers"]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": deepcopy(template["spec"])}


def random_name(owner: str) -> str:
    """Give the name of a new pod: the owner's (cut, so that it fits in 63 letters), a dash, five letters."""
    return f"{owner[:57]}-{random_suffix()}"
