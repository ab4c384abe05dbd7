"""Namespaces: what each of them has, and emptying those that are to go."""

import asyncio
from collections.abc import Callable

from localcluster.client import NAMESPACED, ApiError, Obj
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.controller import Controller

_ROOT_CA = "kube-root-ca.crt"
_AGAIN = 0.25  # seconds until the next look at a namespace that is not empty yet; pods bring it back sooner


class Namespaces(Controller):
    """Works on namespaces."""

    name = "namespace-controller"

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self.follow("namespaces", lambda one: [("", one["metadata"]["name"])])
        self.follow("serviceaccounts", _lost("default"))
        self.follow("configmaps", _lost(_ROOT_CA))
        self.follow("pods", self._emptying)

    async def sync(self, _: str, name: str) -> None:
        """Furnish or empty one namespace."""
        namespace = self.cluster.get("namespaces", None, name)
        if namespace is None:
            return
        if "deletionTimestamp" in namespace["metadata"]:
            await self._empty(namespace)
            return
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}}
        await self._ensure("serviceaccounts", account)
        # the API server puts both into a new namespace; this is for when somebody deletes them
        original = self.cluster.get("configmaps", "kube-system", _ROOT_CA)
        if original is not None:
            meta = {"name": _ROOT_CA, "namespace": name}
            await self._ensure(
                "configmaps", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": original["data"]}
            )

    async def _ensure(self, resource: str, obj: Obj) -> None:
        meta = obj["metadata"]
        if self.cluster.get(resource, meta.get("namespace"), meta["name"]) is not None:
            return
        try:
            await self.cluster.create(resource, obj)
        except ApiError as error:
            if error.reason != "AlreadyExists" and error.code != 403:  # 403: it is going
                raise

    async def _empty(self, namespace: Obj) -> None:
        name = namespace["metadata"]["name"]
        left = 0
        for resource in NAMESPACED:
            left += await self._empty_of(resource, name)
        if left:
            self.queue.add_after(("", name), _AGAIN)
            return
        current = await self.cluster.client.get("namespaces", name)
        current["spec"] = {**(current.get("spec") or {}), "finalizers": []}
        await self.cluster.client.update("namespaces", current, subresource="finalize")

    async def _empty_of(self, resource: str, namespace: str) -> int:
        """Delete what is not on its way out yet; give how many are left."""
        try:
            found, _ = await self.cluster.client.list(resource, namespace)
        except ApiError as error:
            if error.code == 404:  # this server does not have that kind
                return 0
            raise
        staying = [one for one in found if "deletionTimestamp" not in one["metadata"]]
        await asyncio.gather(*(self._delete(resource, one) for one in staying))
        if not staying:
            return len(found)
        return len((await self.cluster.client.list(resource, namespace))[0])

    async def _delete(self, resource: str, obj: Obj) -> None:
        meta = obj["metadata"]
        try:
            await self.cluster.client.delete(resource, meta["name"], meta["namespace"])
        except ApiError as error:
            if error.code not in (404, 409):
                raise

    def _emptying(self, pod: Obj) -> list[tuple[str, str]]:
        name = pod["metadata"]["namespace"]
        namespace = self.cluster.get("namespaces", None, name)
        return [("", name)] if namespace and "deletionTimestamp" in namespace["metadata"] else []


def _lost(name: str) -> Callable[[Obj], list[tuple[str, str]]]:
    return lambda one: [("", one["metadata"]["namespace"])] if one["metadata"]["name"] == name else []
