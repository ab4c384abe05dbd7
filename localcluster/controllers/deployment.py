"""Deployments roll from one ReplicaSet to the next."""

import asyncio
from copy import deepcopy

from localcluster.client import ApiError, Obj
from localcluster.controllers import deployment_status, podstate, revisions, rollout
from localcluster.controllers.adoption import claim
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.controller import Controller
from localcluster.controllers.rollout import replicas
from localcluster.controllers.templates import owner_reference, template_hash

_RS = "replicasets.apps"
_HASH = "pod-template-hash"


class Deployments(Controller):
    """Keeps one current ReplicaSet and shrinks the others, as fast as the strategy allows."""

    name = "deployment-controller"

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self.follow_self("deployments.apps")
        self.follow_owned(_RS, "Deployment", "deployments.apps")
        self.follow("pods", self._recreating)

    async def sync(self, namespace: str, name: str) -> None:
        """Take one step of the roll-out and report."""
        deployment = self.cluster.get("deployments.apps", namespace, name)
        if deployment is None:
            return
        sets = await claim(self.cluster, _RS, deployment)
        if "deletionTimestamp" not in deployment["metadata"]:
            deployment, sets = await self._step(deployment, sets)
        await self._report(deployment, sets)

    async def _step(self, deployment: Obj, sets: list[Obj]) -> tuple[Obj, list[Obj]]:
        new = _current(deployment, sets)
        if deployment["spec"].get("paused"):
            await self._resize(deployment, sets)
            return deployment, self._owned(deployment)
        recreate = (deployment["spec"].get("strategy") or {}).get("type") == "Recreate"
        old = [one for one in sets if one is not new]
        if recreate and await self._stop_all(deployment, old):
            return deployment, self._owned(deployment)
        if new is None:
            new = await self._create(deployment, sets)
        deployment, new = await self._number(deployment, new, old)
        if _is_resize(deployment, [new, *old]) and not recreate:
            await self._resize(deployment, [new, *old])
        else:
            await self._roll(deployment, new, old)
        await self._forget_history(deployment, old)
        return deployment, self._owned(deployment)

    async def _roll(self, deployment: Obj, new: Obj, old: list[Obj]) -> None:
        size = rollout.new_size(deployment, new, [new, *old])
        if replicas(new) > replicas(deployment):
            size = replicas(deployment)
        if size != replicas(new):
            await self._scale(deployment, new, size)
            return  # the change comes back through the watch, and with it the next step
        await self._annotate(deployment, new)
        sizes = rollout.old_sizes(deployment, new, old)
        changed = [one for one in old if sizes[one["metadata"]["name"]] != replicas(one)]
        await asyncio.gather(*(self._scale(deployment, one, sizes[one["metadata"]["name"]]) for one in changed))

    async def _resize(self, deployment: Obj, sets: list[Obj]) -> None:
        active = [one for one in sets if replicas(one) > 0]
        if len(active) <= 1:
            target = active[0] if active else _current(deployment, sets) or revisions.newest(sets)
            if target is not None and replicas(target) != replicas(deployment):
                await self._scale(deployment, target, replicas(deployment))
            elif target is not None:
                await self._annotate(deployment, target)
            return
        for name, size in rollout.proportional(deployment, active).items():
            one = next(one for one in active if one["metadata"]["name"] == name)
            if size != replicas(one):
                await self._scale(deployment, one, size)
            else:
                await self._annotate(deployment, one)

    async def _stop_all(self, deployment: Obj, old: list[Obj]) -> bool:
        """Recreate: end the old pods first. True while some are left, terminating ones too."""
        running = [one for one in old if replicas(one) > 0]
        await asyncio.gather(*(self._scale(deployment, one, 0) for one in running))
        pods = [pod for one in old for pod in self.cluster.owned("pods", one) if not podstate.is_finished(pod)]
        return bool(running or pods)

    async def _create(self, deployment: Obj, sets: list[Obj]) -> Obj:
        collisions = (deployment.get("status") or {}).get("collisionCount", 0)
        template = deepcopy(deployment["spec"]["template"])
        digest = template_hash(template, collisions)
        template.setdefault("metadata", {}).setdefault("labels", {})[_HASH] = digest
        selector = deepcopy(deployment["spec"]["selector"])
        selector.setdefault("matchLabels", {})[_HASH] = digest
        new: Obj = {
            "apiVersion": "apps/v1",
            "kind": "ReplicaSet",
            "metadata": {
                "name": f"{deployment['metadata']['name']}-{digest}",
                "namespace": deployment["metadata"]["namespace"],
                "labels": template["metadata"]["labels"],
                "annotations": revisions.annotations(deployment, revisions.highest(sets) + 1),
                "ownerReferences": [owner_reference(deployment)],
            },
            "spec": {"replicas": 0, "selector": selector, "template": template},
        }
        if "minReadySeconds" in deployment["spec"]:
            new["spec"]["minReadySeconds"] = deployment["spec"]["minReadySeconds"]
        new["spec"]["replicas"] = rollout.new_size(deployment, new, [new, *sets])
        made = await self._create_or_collide(deployment, new)
        size = replicas(made)
        if size:
            self.tell(
                deployment, "Normal", "ScalingReplicaSet", f"Scaled up replica set {_name(made)} from 0 to {size}"
            )
        return made

    async def _create_or_collide(self, deployment: Obj, new: Obj) -> Obj:
        try:
            return await self.cluster.create(_RS, new)
        except ApiError as error:
            if error.reason == "AlreadyExists":
                # a ReplicaSet of that name which is not ours: the next look uses another hash
                status = dict(deployment.get("status") or {})
                status["collisionCount"] = status.get("collisionCount", 0) + 1
                await self.cluster.set_status("deployments.apps", deployment, status)
            else:
                message = f"Failed to create new replica set {_name(new)!r}: {error.message}"
                self.tell(deployment, "Warning", "ReplicaSetCreateError", message)
            raise

    async def _number(self, deployment: Obj, new: Obj, old: list[Obj]) -> tuple[Obj, Obj]:
        """Give the current ReplicaSet the highest revision, also after a rollback to it, and its Deployment too."""
        revision = max(revisions.highest(old) + 1, revisions.of(new))
        wanted = revisions.annotations(deployment, revision, new)
        minimum = deployment["spec"].get("minReadySeconds", 0)
        patch: Obj = {}
        if wanted.items() - (new["metadata"].get("annotations") or {}).items():
            patch["metadata"] = {"annotations": wanted}
        if new["spec"].get("minReadySeconds", 0) != minimum:
            patch["spec"] = {"minReadySeconds": minimum}
        if patch:
            new = await self.cluster.patch(_RS, new, patch)
        if revisions.of(deployment) != revision:
            note = {"metadata": {"annotations": {revisions.REVISION: str(revision)}}}
            deployment = await self.cluster.patch("deployments.apps", deployment, note)
        return deployment, new

    async def _scale(self, deployment: Obj, one: Obj, size: int) -> None:
        before = replicas(one)
        sizes = revisions.sizes(deployment)
        await self.cluster.patch(_RS, one, {"metadata": {"annotations": sizes}, "spec": {"replicas": size}})
        way = "up" if size > before else "down"
        message = f"Scaled {way} replica set {_name(one)} from {before} to {size}"
        self.tell(deployment, "Normal", "ScalingReplicaSet", message)

    async def _annotate(self, deployment: Obj, one: Obj) -> None:
        sizes = revisions.sizes(deployment)
        if sizes.items() - (one["metadata"].get("annotations") or {}).items():
            await self.cluster.patch(_RS, one, {"metadata": {"annotations": sizes}})

    async def _forget_history(self, deployment: Obj, old: list[Obj]) -> None:
        limit = deployment["spec"].get("revisionHistoryLimit", 10)
        idle = [one for one in old if not replicas(one) and not (one.get("status") or {}).get("replicas")]
        idle = [one for one in idle if "deletionTimestamp" not in one["metadata"]]
        for one in sorted(idle, key=revisions.of)[: max(0, len(idle) - limit)]:
            await self.cluster.delete(_RS, one)

    async def _report(self, deployment: Obj, sets: list[Obj]) -> None:
        new = _current(deployment, sets)
        status = deployment_status.compute(deployment, new, sets)
        await self.cluster.set_status("deployments.apps", deployment, status)
        wait = deployment_status.deadline_in(deployment, status)
        if wait is not None:
            self.queue.add_after((deployment["metadata"]["namespace"], _name(deployment)), wait)

    def _owned(self, deployment: Obj) -> list[Obj]:
        return self.cluster.owned(_RS, deployment)

    def _recreating(self, pod: Obj) -> list[tuple[str, str]]:
        """Recreate waits for pods to be gone, which no ReplicaSet's status shows."""
        namespace = pod["metadata"].get("namespace") or ""
        for reference in pod["metadata"].get("ownerReferences") or ():
            if reference["kind"] == "ReplicaSet":
                owner = self.cluster.get(_RS, namespace, reference["name"])
                for above in (owner or {"metadata": {}})["metadata"].get("ownerReferences") or ():
                    deployment = self.cluster.get("deployments.apps", namespace, above["name"])
                    if deployment and (deployment["spec"].get("strategy") or {}).get("type") == "Recreate":
                        return [(namespace, above["name"])]
        return []


def _name(obj: Obj) -> str:
    return str(obj["metadata"]["name"])


def _current(deployment: Obj, sets: list[Obj]) -> Obj | None:
    """The ReplicaSet of the present template; the oldest, should there be several."""
    digest = template_hash(deployment["spec"]["template"], (deployment.get("status") or {}).get("collisionCount", 0))
    matching = [one for one in sets if _is_of(one, digest, deployment["spec"]["template"])]
    return min(matching, key=lambda one: str(one["metadata"]["creationTimestamp"]), default=None)


def _is_of(one: Obj, digest: str, template: Obj) -> bool:
    if (one["metadata"].get("labels") or {}).get(_HASH) == digest:
        return True
    bare = deepcopy(one["spec"]["template"])
    (bare.get("metadata", {}).get("labels") or {}).pop(_HASH, None)
    return bool(bare == template)


def _is_resize(deployment: Obj, sets: list[Obj]) -> bool:
    wanted = str(replicas(deployment))
    return any(
        replicas(one) > 0 and (one["metadata"].get("annotations") or {}).get(revisions.DESIRED, wanted) != wanted
        for one in sets
    )
