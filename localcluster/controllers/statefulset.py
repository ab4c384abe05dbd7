"""StatefulSets keep numbered pods, each with its own name and claims."""

import asyncio

from localcluster.client import ApiError, Obj
from localcluster.controllers import history, podstate, statefulset_pod
from localcluster.controllers.adoption import claim
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.controller import Controller
from localcluster.controllers.rollout import replicas
from localcluster.controllers.statefulset_status import Revisions, compute
from localcluster.controllers.templates import owner_reference

_SET = "statefulsets.apps"
_PVC = "persistentvolumeclaims"


class StatefulSets(Controller):
    """One step at a time (OrderedReady), or all at once (Parallel); updates go from the highest number down."""

    name = "statefulset-controller"

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self.follow_self(_SET)
        self.follow_owned("pods", "StatefulSet", _SET)
        self.follow_owned("controllerrevisions.apps", "StatefulSet", _SET)
        cluster.informer(_PVC)

    async def sync(self, namespace: str, name: str) -> None:
        """Create, end or replace what is due, and report."""
        owner = self.cluster.get(_SET, namespace, name)
        if owner is None:
            return
        pods = [
            pod for pod in await claim(self.cluster, "pods", owner) if statefulset_pod.ordinal(owner, pod) is not None
        ]
        if "deletionTimestamp" in owner["metadata"]:
            await self._report(owner, None)
            return
        found = await self._revisions(owner)
        failure = None
        try:
            await self._step(owner, pods, found)
        except ApiError as error:
            failure = error
        await self._report(owner, found)
        live = {found.current["metadata"]["name"], found.update["metadata"]["name"]}
        await history.trim(self.cluster, owner, live | {str(_revision(pod)) for pod in pods})
        if failure is not None:
            raise failure

    async def _revisions(self, owner: Obj) -> Revisions:
        update = await history.current(self.cluster, owner)
        wanted = (owner.get("status") or {}).get("currentRevision")
        known = history.revisions(self.cluster, owner)
        current = next((one for one in known if one["metadata"]["name"] == wanted), update)
        return Revisions(current, update)

    async def _step(self, owner: Obj, pods: list[Obj], found: Revisions) -> None:
        by_number = {statefulset_pod.ordinal(owner, pod): pod for pod in pods}
        start = (owner["spec"].get("ordinals") or {}).get("start", 0)
        numbers = range(start, start + replicas(owner))
        if owner["spec"].get("podManagementPolicy") == "Parallel":
            await asyncio.gather(*(self._fill(owner, number, by_number.get(number), found) for number in numbers))
            surplus = [pod for number, pod in by_number.items() if number not in numbers and podstate.is_active(pod)]
            await asyncio.gather(*(self._condemn(owner, pod) for pod in surplus))
        elif not await self._in_order(owner, numbers, by_number, found):
            return
        await self._update(owner, [by_number.get(number) for number in numbers], found)

    async def _in_order(self, owner: Obj, numbers: range, by_number: dict[int | None, Obj], found: Revisions) -> bool:
        """Take the first step that is due; True when every pod is there and ready, and none too many."""
        for number in numbers:
            pod = by_number.get(number)
            if await self._fill(owner, number, pod, found) or pod is None or not self._is_settled(owner, pod):
                return False
        surplus = sorted((number for number in by_number if number not in numbers), key=lambda number: number or 0)
        if surplus:
            last = by_number[surplus[-1]]
            if not podstate.is_terminating(last):
                await self._condemn(owner, last)
            return False
        return True

    async def _fill(self, owner: Obj, number: int, pod: Obj | None, found: Revisions) -> bool:
        """Create the pod of a number, or end it when it is finished; True when something was done."""
        if pod is None:
            await self._claims(owner, number)
            await self._create(owner, statefulset_pod.make(owner, number, found.for_new(owner, number)))
            return True
        if podstate.is_finished(pod) and not podstate.is_terminating(pod):
            message = f"StatefulSet {_name(owner)} is recreating failed Pod {_name(pod)}"
            self.tell(owner, "Warning", "RecreatingFailedPod", message)
            await self.cluster.delete("pods", pod)
            return True
        return False

    async def _update(self, owner: Obj, pods: list[Obj | None], found: Revisions) -> None:
        strategy = owner["spec"].get("updateStrategy") or {}
        if strategy.get("type") == "OnDelete":
            return
        partition = (strategy.get("rollingUpdate") or {}).get("partition", 0)
        target = found.update["metadata"]["name"]
        for pod in reversed(pods[partition:] if partition else pods):
            if pod is None:
                return
            if _revision(pod) != target and not podstate.is_terminating(pod):
                await self._end(owner, pod)
                return
            if not self._is_settled(owner, pod):
                return

    def _is_settled(self, owner: Obj, pod: Obj) -> bool:
        """Running, ready for long enough, and not on its way out."""
        wait = podstate.available_in(pod, owner["spec"].get("minReadySeconds", 0))
        if wait:
            self.queue.add_after((owner["metadata"]["namespace"], _name(owner)), wait)
        return wait == 0 and podstate.phase(pod) == "Running" and not podstate.is_terminating(pod)

    async def _claims(self, owner: Obj, number: int) -> None:
        for wanted in statefulset_pod.claims(owner, number):
            meta = wanted["metadata"]
            if self.cluster.get(_PVC, meta["namespace"], meta["name"]) is not None:
                continue
            what = f"create Claim {meta['name']} Pod {_name(owner)}-{number} in StatefulSet {_name(owner)}"
            try:
                await self.cluster.create(_PVC, wanted)
            except ApiError as error:
                if error.reason != "AlreadyExists":
                    self.tell(owner, "Warning", "FailedCreate", f"{what} failed error: {error.message}")
                    raise
            else:
                self.tell(owner, "Normal", "SuccessfulCreate", f"{what} success")

    async def _create(self, owner: Obj, pod: Obj) -> None:
        what = f"create Pod {_name(pod)} in StatefulSet {_name(owner)}"
        try:
            await self.cluster.create("pods", pod)
        except ApiError as error:
            self.tell(owner, "Warning", "FailedCreate", f"{what} failed error: {error.message}")
            raise
        self.tell(owner, "Normal", "SuccessfulCreate", f"{what} successful")

    async def _condemn(self, owner: Obj, pod: Obj) -> None:
        if statefulset_pod.retention(owner)[1]:
            for wanted in statefulset_pod.claims(owner, statefulset_pod.ordinal(owner, pod) or 0):
                held = self.cluster.get(_PVC, pod["metadata"]["namespace"], wanted["metadata"]["name"])
                if held is not None:
                    await self.cluster.patch(_PVC, held, {"metadata": {"ownerReferences": [owner_reference(pod)]}})
        await self._end(owner, pod)

    async def _end(self, owner: Obj, pod: Obj) -> None:
        await self.cluster.delete("pods", pod)
        message = f"delete Pod {_name(pod)} in StatefulSet {_name(owner)} successful"
        self.tell(owner, "Normal", "SuccessfulDelete", message)

    async def _report(self, owner: Obj, found: Revisions | None) -> None:
        pods = [pod for pod in self.cluster.owned("pods", owner) if statefulset_pod.ordinal(owner, pod) is not None]
        await self.cluster.set_status(_SET, owner, compute(owner, pods, found))


def _name(obj: Obj) -> str:
    return str(obj["metadata"]["name"])


def _revision(pod: Obj) -> str | None:
    return (pod["metadata"].get("labels") or {}).get(history.LABEL)
