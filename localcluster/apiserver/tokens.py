"""Who bears which token."""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from localcluster.apiserver.errors import bad_request
from localcluster.apiserver.store import Store
from localcluster.client import ApiError, Obj

_ISSUER = "https://kubernetes.default.svc.cluster.local"
_SHORTEST, _USUAL = 600, 3600  # seconds


@dataclass(frozen=True, slots=True)
class User:
    """Who asks."""

    name: str
    groups: tuple[str, ...]
    uid: str = ""


ADMIN = User("localcluster-admin", ("system:masters", "system:authenticated"))
KUBELET = User("system:nodes", ("system:nodes", "system:authenticated"))


class Tokens:
    """Two fixed tokens, and signed ones for service accounts (JWT, HS256)."""

    def __init__(self, store: Store, *, admin: str, kubelet: str, secret: bytes) -> None:
        self._store = store
        self._secret = secret
        self._known: dict[str, tuple[User, float]] = {admin: (ADMIN, float("inf")), kubelet: (KUBELET, float("inf"))}

    def user_of(self, token: str) -> User:
        """Say who bears the token; raises ApiError 401."""
        known = self._known.get(token)
        if known is not None and known[1] == float("inf"):
            return known[0]
        claims = self._claims(token)
        bound = claims["kubernetes.io"]
        account = bound["serviceaccount"]
        entry = self._store.get("serviceaccounts", (bound["namespace"], account["name"]))
        if entry is None or entry.obj["metadata"]["uid"] != account["uid"]:
            raise unauthorized()
        groups = ("system:serviceaccounts", f"system:serviceaccounts:{bound['namespace']}", "system:authenticated")
        return User(claims["sub"], groups, account["uid"])

    def mint(self, account: Obj, request: Obj) -> Obj:
        """Answer a TokenRequest for a service account; lifetimes are seconds, at least 600."""
        spec = request.get("spec") or {}
        life = spec.get("expirationSeconds") or _USUAL
        if life < _SHORTEST:
            raise bad_request("spec.expirationSeconds: Invalid value: may not specify a duration less than 10 minutes")
        now = int(time.time())
        audiences = spec.get("audiences") or [_ISSUER]
        claims = {"iss": _ISSUER, "aud": audiences, "iat": now, "nbf": now, "exp": now + life}
        meta = account["metadata"]
        claims["sub"] = f"system:serviceaccount:{meta['namespace']}:{meta['name']}"
        claims["kubernetes.io"] = _bound(meta, spec.get("boundObjectRef"))
        ends = datetime.fromtimestamp(now + life, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "kind": "TokenRequest",
            "apiVersion": "authentication.k8s.io/v1",
            "metadata": {"name": meta["name"], "namespace": meta["namespace"]},
            "spec": {"audiences": audiences, "expirationSeconds": life, "boundObjectRef": spec.get("boundObjectRef")},
            "status": {"token": self._sign(claims), "expirationTimestamp": ends},
        }

    def _sign(self, claims: Obj) -> str:
        body = f"{_encode({'alg': 'HS256', 'typ': 'JWT'})}.{_encode(claims)}"
        return f"{body}.{self._signature(body)}"

    def _signature(self, body: str) -> str:
        return _base64(hmac.new(self._secret, body.encode(), hashlib.sha256).digest())

    def _claims(self, token: str) -> Obj:
        body, _, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(body), signature):
            raise unauthorized()
        encoded = body.partition(".")[2]
        claims: Obj = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
        if claims["exp"] < time.time():
            raise unauthorized()
        return claims


def unauthorized() -> ApiError:
    """401, as upstream says it."""
    return ApiError(401, "Unauthorized", "Unauthorized")


def _bound(meta: Obj, reference: Obj | None) -> Obj:
    bound: Obj = {"namespace": meta["namespace"], "serviceaccount": {"name": meta["name"], "uid": meta["uid"]}}
    if reference and reference.get("kind") == "Pod":
        bound["pod"] = {"name": reference.get("name"), "uid": reference.get("uid")}
    return bound


def _encode(value: Any) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
