"""Measures each autoscaler's target every five seconds, and resizes it."""

from dataclasses import dataclass

from localcluster.client import ApiError, Obj
from localcluster.controllers import clock, conditions
from localcluster.controllers.autoscaler import behavior, usage
from localcluster.controllers.autoscaler.proposal import Proposal, propose, read_target
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.controller import Controller
from localcluster.controllers.kinds import key_of, resource_of
from localcluster.controllers.rollout import replicas

_HPA = "horizontalpodautoscalers.autoscaling"
_PERIOD = 5.0  # seconds between two looks (upstream 15)
_SCALABLE = ("deployments.apps", "replicasets.apps", "statefulsets.apps")


@dataclass
class Look:
    """One look at one autoscaler: what will be its status."""

    autoscaler: Obj
    conditions: list[Obj]
    metrics: list[Obj]
    current: int = 0
    desired: int = 0
    scaled: bool = False

    def say(self, kind: str, status: str, reason: str, message: str) -> None:
        """Set a condition."""
        conditions.put(self.conditions, kind, status, reason, message)


class Autoscaler(Controller):
    """Works on HorizontalPodAutoscalers."""

    name = "horizontal-pod-autoscaler"

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self._memories: dict[str, behavior.Memory] = {}
        for resource in _SCALABLE:
            cluster.informer(resource)
        cluster.informer("pods")
        cluster.informer(_HPA).subscribe(self._changed)

    async def sync(self, namespace: str, name: str) -> None:
        """Measure, reckon, resize, report, and come back."""
        autoscaler = self.cluster.get(_HPA, namespace, name)
        if autoscaler is None:
            return
        self.queue.add_after((namespace, name), _PERIOD)
        known = [dict(one) for one in (autoscaler.get("status") or {}).get("conditions") or ()]
        look = Look(autoscaler, known, [])
        target = self._target(look)
        if target is not None:
            look.current = int((target.get("status") or {}).get("replicas", 0))
            await self._judge(look, target)
        await self._report(look)

    def _target(self, look: Look) -> Obj | None:
        reference = look.autoscaler["spec"]["scaleTargetRef"]
        resource = resource_of(reference.get("apiVersion", ""), reference["kind"])
        namespace = look.autoscaler["metadata"]["namespace"]
        found = self.cluster.get(resource, namespace, reference["name"]) if resource in _SCALABLE else None
        if found is None:
            plural = resource or reference["kind"]
            missing = f'{plural} "{reference["name"]}" not found'
            message = f"the HPA controller was unable to get the target's current scale: {missing}"
            look.say("AbleToScale", "False", "FailedGetScale", message)
            self.tell(look.autoscaler, "Warning", "FailedGetScale", missing)
            return None
        look.say(
            "AbleToScale", "True", "SucceededGetScale", "the HPA controller was able to get the target's current scale"
        )
        return found

    async def _judge(self, look: Look, target: Obj) -> None:
        spec, size = look.autoscaler["spec"], replicas(target)
        least = spec.get("minReplicas", 1)
        look.desired = size
        if size == 0 and least != 0:
            message = "scaling is disabled since the replica count of the target is zero"
            look.say("ScalingActive", "False", "ScalingDisabled", message)
        elif size > spec["maxReplicas"]:
            await self._resize(look, target, spec["maxReplicas"], "Current number of replicas above Spec.MaxReplicas")
        elif size < least:
            await self._resize(look, target, least, "Current number of replicas below Spec.MinReplicas")
        else:
            proposal = await self._measure(look, target)
            if proposal is not None:
                await self._follow(look, target, proposal)

    async def _follow(self, look: Look, target: Obj, proposal: Proposal) -> None:
        size = replicas(target)
        memory = self._memories.setdefault(look.autoscaler["metadata"]["uid"], behavior.Memory())
        above = f"{proposal.name} above target"
        steady = behavior.stabilize(look.autoscaler, memory, size, proposal.replicas)
        if steady == proposal.replicas:
            look.say("AbleToScale", "True", "ReadyForNewScale", "recommended size matches current size")
        elif steady > proposal.replicas:
            message = "recent recommendations were higher than current one, applying the highest recent recommendation"
            look.say("AbleToScale", "True", "ScaleDownStabilized", message)
        else:
            message = "recent recommendations were lower than current one, applying the lowest recent recommendation"
            look.say("AbleToScale", "True", "ScaleUpStabilized", message)
        limited = behavior.limit(look.autoscaler, memory, size, steady)
        look.say("ScalingLimited", str(limited.replicas != steady), limited.reason, limited.message)
        look.desired = limited.replicas
        if limited.replicas != size:
            why = above if limited.replicas > size else "All metrics below target"
            if await self._resize(look, target, limited.replicas, why):
                memory.changed(size, limited.replicas)

    async def _measure(self, look: Look, target: Obj) -> Proposal | None:
        """Take the largest size that any metric asks for; never shrink while one cannot be read."""
        proposals: list[Proposal] = []
        failures: list[usage.MetricError] = []
        for metric in look.autoscaler["spec"].get("metrics") or _CPU_80:
            try:
                proposals.append(await self._one(target, metric))
            except usage.MetricError as error:
                failures.append(error)
        look.metrics = [one.current for one in proposals]
        best = max(proposals, key=lambda one: one.replicas, default=None)
        if failures and (best is None or best.replicas < replicas(target)):
            self._failed(look, failures[0])
            return None
        if best is not None:
            message = f"the HPA was able to successfully calculate a replica count from {best.name}"
            look.say("ScalingActive", "True", "ValidMetricFound", message)
        return best

    async def _one(self, target: Obj, metric: Obj) -> Proposal:
        wanted = read_target(metric)
        namespace, selector = target["metadata"]["namespace"], target["spec"]["selector"]
        what = "utilization" if wanted.utilization is not None else "usage"
        try:
            samples = await usage.fetch(self.cluster, namespace, _text(selector), wanted.resource, wanted.container)
            pods = self.cluster.informer("pods").select(namespace, selector)
            return propose(replicas(target), pods, samples, wanted)
        except usage.MetricError as error:
            reason = "FailedGetContainerResourceMetric" if wanted.container else error.reason
            raise usage.MetricError(f"failed to get {wanted.resource} {what}: {error}", reason) from error

    def _failed(self, look: Look, error: usage.MetricError) -> None:
        self.tell(look.autoscaler, "Warning", error.reason, str(error))
        count = len(look.autoscaler["spec"].get("metrics") or _CPU_80)
        invalid = count - len(look.metrics)
        summary = f"invalid metrics ({invalid} invalid out of {count}), first error is: {error}"
        self.tell(look.autoscaler, "Warning", "FailedComputeMetricsReplicas", summary)
        message = f"the HPA was unable to compute the replica count: {error}"
        look.say("ScalingActive", "False", error.reason, message)

    async def _resize(self, look: Look, target: Obj, size: int, why: str) -> bool:
        look.desired = size
        namespace, name = key_of(target)
        resource = resource_of(target["apiVersion"], target["kind"]) or ""
        try:
            await self.cluster.client.patch(
                resource, name, {"spec": {"replicas": size}}, namespace, subresource="scale"
            )
        except ApiError as error:
            message = f"the HPA controller was unable to update the target scale: {error.message}"
            look.say("AbleToScale", "False", "FailedUpdateScale", message)
            self.tell(
                look.autoscaler, "Warning", "FailedRescale", f"New size: {size}; reason: {why}; error: {error.message}"
            )
            return False
        look.scaled = True
        message = f"the HPA controller was able to update the target scale to {size}"
        look.say("AbleToScale", "True", "SucceededRescale", message)
        self.tell(look.autoscaler, "Normal", "SuccessfulRescale", f"New size: {size}; reason: {why}")
        return True

    async def _report(self, look: Look) -> None:
        old = look.autoscaler.get("status") or {}
        status: Obj = {
            "observedGeneration": look.autoscaler["metadata"].get("generation", 1),
            "currentReplicas": look.current,
            "desiredReplicas": look.desired,
            "conditions": look.conditions,
            "currentMetrics": look.metrics or None,
            "lastScaleTime": clock.stamp() if look.scaled else old.get("lastScaleTime"),
        }
        kept = {key: value for key, value in status.items() if value is not None}
        await self.cluster.set_status(_HPA, look.autoscaler, kept)

    def _changed(self, kind: str, old: Obj | None, new: Obj | None) -> None:
        if kind == "DELETED" or new is None:
            self._memories.pop((old or {"metadata": {}})["metadata"].get("uid", ""), None)
        elif old is None or old["spec"] != new["spec"]:
            self.queue.add(key_of(new))


_CPU_80: list[Obj] = [
    {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}
]


def _text(selector: Obj) -> str:
    """Write a LabelSelector as the query wants it."""
    parts = [f"{key}={value}" for key, value in (selector.get("matchLabels") or {}).items()]
    for one in selector.get("matchExpressions") or ():
        values = ",".join(one.get("values") or ())
        match one["operator"]:
            case "In":
                parts.append(f"{one['key']} in ({values})")
            case "NotIn":
                parts.append(f"{one['key']} notin ({values})")
            case "Exists":
                parts.append(one["key"])
            case _:
                parts.append(f"!{one['key']}")
    return ",".join(parts)
