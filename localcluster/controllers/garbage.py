"""Garbage collector: what has lost all its owners goes too, in the way the deletion asked for."""

import asyncio

from localcluster.client import ApiError, Obj
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.controller import Controller
from localcluster.controllers.kinds import COLLECTED, is_namespaced, key_of, resource_of

_FOREGROUND, _ORPHAN = "foregroundDeletion", "orphan"
Node = tuple[str, str]  # resource, "namespace/name"


class GarbageCollector(Controller):
    """Keeps the graph of owners and dependents of every kind."""

    name = "garbage-collector-controller"
    workers = 8

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self._alive: dict[str, Node] = {}
        self._dependents: dict[str, set[Node]] = {}
        for resource in COLLECTED:
            self._follow_graph(resource)

    async def sync(self, resource: str, place: str) -> None:
        """Judge one object."""
        obj = self._find((resource, place))
        if obj is None:
            return
        if "deletionTimestamp" in obj["metadata"]:
            await self._finish(resource, obj)
        elif obj["metadata"].get("ownerReferences"):
            await self._judge(resource, obj)

    async def _judge(self, resource: str, obj: Obj) -> None:
        references = obj["metadata"]["ownerReferences"]
        states = await asyncio.gather(*(self._state(obj, reference) for reference in references))
        solid = [one for one, state in zip(references, states, strict=True) if state == "solid"]
        if solid:
            if len(solid) < len(references):
                version = obj["metadata"]["resourceVersion"]
                await self.cluster.patch(
                    resource, obj, {"metadata": {"ownerReferences": solid, "resourceVersion": version}}
                )
        elif "waiting" in states and self._dependents.get(obj["metadata"]["uid"]):
            await self.cluster.delete(resource, obj, propagation="Foreground")
        else:
            await self.cluster.delete(resource, obj)

    async def _state(self, obj: Obj, reference: Obj) -> str:
        """Say of an owner: solid, waiting (for its dependents to go first), or absent."""
        owner = self._find(self._alive.get(reference["uid"]))
        if owner is not None:
            going = "deletionTimestamp" in owner["metadata"] and _FOREGROUND in (
                owner["metadata"].get("finalizers") or ()
            )
            return "waiting" if going else "solid"
        resource = resource_of(reference["apiVersion"], reference["kind"])
        if resource is None:
            return "solid"  # a kind we do not know is nobody's garbage
        namespace = obj["metadata"].get("namespace") if is_namespaced(resource) else None
        try:
            found = await self.cluster.client.get(resource, reference["name"], namespace)
        except ApiError as error:
            if error.code == 404:
                return "absent"
            raise
        return "solid" if found["metadata"]["uid"] == reference["uid"] else "absent"

    async def _finish(self, resource: str, obj: Obj) -> None:
        """Do what the finalizers of a deletion ask for."""
        finalizers = obj["metadata"].get("finalizers") or []
        uid = obj["metadata"]["uid"]
        dependents = [(node, found) for node in self._dependents.get(uid, ()) if (found := self._find(node))]
        if _ORPHAN in finalizers:
            await asyncio.gather(*(self._set_free(node[0], found, uid) for node, found in dependents))
            await self._drop(resource, obj, _ORPHAN)
        elif _FOREGROUND in finalizers:
            for node, found in dependents:
                if "deletionTimestamp" not in found["metadata"]:
                    self.queue.add(node)
            if not any(_blocks(found, uid) for _, found in dependents):
                await self._drop(resource, obj, _FOREGROUND)

    async def _set_free(self, resource: str, obj: Obj, owner: str) -> None:
        kept = [one for one in obj["metadata"]["ownerReferences"] if one["uid"] != owner]
        await self.cluster.patch(resource, obj, {"metadata": {"ownerReferences": kept}})

    async def _drop(self, resource: str, obj: Obj, finalizer: str) -> None:
        kept = [one for one in obj["metadata"]["finalizers"] if one != finalizer]
        version = obj["metadata"]["resourceVersion"]
        await self.cluster.patch(resource, obj, {"metadata": {"finalizers": kept, "resourceVersion": version}})

    def _find(self, node: Node | None) -> Obj | None:
        if node is None:
            return None
        namespace, _, name = node[1].partition("/")
        return self.cluster.get(node[0], namespace, name)

    def _follow_graph(self, resource: str) -> None:
        def changed(kind: str, old: Obj | None, new: Obj | None) -> None:
            if old is not None:
                self._unlink(resource, old)
            if new is not None and kind != "DELETED":
                self._link(resource, old, new)
            elif old is not None:
                self._gone(old)

        self.cluster.informer(resource).subscribe(changed)

    def _unlink(self, resource: str, obj: Obj) -> None:
        node = _node(resource, obj)
        self._alive.pop(obj["metadata"]["uid"], None)
        for reference in obj["metadata"].get("ownerReferences") or ():
            dependents = self._dependents.get(reference["uid"])
            if dependents is not None:
                dependents.discard(node)
                if not dependents:
                    del self._dependents[reference["uid"]]

    def _link(self, resource: str, old: Obj | None, new: Obj) -> None:
        node, meta = _node(resource, new), new["metadata"]
        self._alive[meta["uid"]] = node
        references = meta.get("ownerReferences") or ()
        for reference in references:
            self._dependents.setdefault(reference["uid"], set()).add(node)
        unknown = any(reference["uid"] not in self._alive for reference in references)
        if unknown and (old is None or (old["metadata"].get("ownerReferences") or ()) != references):
            self.queue.add(node)
        if "deletionTimestamp" in meta and {_FOREGROUND, _ORPHAN} & set(meta.get("finalizers") or ()):
            self.queue.add(node)

    def _gone(self, obj: Obj) -> None:
        for node in self._dependents.get(obj["metadata"]["uid"], ()):
            self.queue.add(node)
        for reference in obj["metadata"].get("ownerReferences") or ():
            owner = self._alive.get(reference["uid"])
            if owner is not None:
                self.queue.add(owner)


def _node(resource: str, obj: Obj) -> Node:
    return resource, "/".join(key_of(obj))


def _blocks(obj: Obj, owner: str) -> bool:
    references = obj["metadata"].get("ownerReferences") or ()
    return any(one["uid"] == owner and one.get("blockOwnerDeletion") for one in references)
