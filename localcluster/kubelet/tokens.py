"""Service account tokens of one pod, asked for anew before they expire."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localcluster.kubelet import clock

if TYPE_CHECKING:
    from localcluster.client import Client, Obj

_LIFE = 3600  # seconds, when the volume does not say
_OLD = 0.8  # of its life: upstream asks for a new token then


@dataclass
class Tokens:
    """Tokens by audience; the pod is named in the request, so the server can bind them to it."""

    client: Client
    pod: Obj
    _held: dict[str, tuple[bytes, float]] = field(default_factory=dict)

    async def get(self, asked: Obj) -> bytes:
        """Give a token that is not old.

        Raises:
            ApiError: the server gave none.

        """
        audience = asked.get("audience") or ""
        token, renew_at = self._held.get(audience, (b"", 0.0))
        if time.time() >= renew_at:
            life = int(asked.get("expirationSeconds") or _LIFE)
            answer = await self.client.create("serviceaccounts/token", self._request(audience, life), self._namespace)
            token = answer["status"]["token"].encode()
            life_left = clock.seconds(answer["status"]["expirationTimestamp"]) - time.time()
            self._held[audience] = (token, time.time() + life_left * _OLD)
        return token

    def seconds_to_renewal(self) -> float | None:
        """Tell when the first one is to be renewed; None without tokens."""
        return min((max(1.0, renew - time.time()) for _, renew in self._held.values()), default=None)

    @property
    def _namespace(self) -> str:
        return str(self.pod["metadata"]["namespace"])

    def _request(self, audience: str, life: int) -> Obj:
        meta = self.pod["metadata"]
        bound = {"apiVersion": "v1", "kind": "Pod", "name": meta["name"], "uid": meta["uid"]}
        spec: Obj = {"expirationSeconds": life, "boundObjectRef": bound, "audiences": [audience] if audience else []}
        name = self.pod["spec"].get("serviceAccountName") or "default"
        return {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "metadata": {"name": name, "namespace": self._namespace},
            "spec": spec,
        }
