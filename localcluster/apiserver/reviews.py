"""Questions about the caller: who am I, may I? Whoever has a token may everything: there is no authorization here."""

from typing import Any

from localcluster.apiserver.registry import now
from localcluster.apiserver.resources import Resource
from localcluster.apiserver.tokens import User
from localcluster.client import Obj


def review(resource: Resource, document: Any, user: User) -> Obj:
    """Answer a SelfSubjectReview or a SelfSubjectAccessReview."""
    body: Obj = {"apiVersion": resource.api_version, "kind": resource.kind}
    body["metadata"] = {"creationTimestamp": now()}
    if resource.kind == "SelfSubjectAccessReview":
        why = "this cluster does not enforce RBAC"
        return body | {"spec": (document or {}).get("spec", {}), "status": {"allowed": True, "reason": why}}
    info = {"username": user.name, "groups": list(user.groups)} | ({"uid": user.uid} if user.uid else {})
    return body | {"status": {"userInfo": info}}
