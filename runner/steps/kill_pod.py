"""Delete pods, as an eviction or a lost machine would, and see their containers end."""

from __future__ import annotations

import json
import math
import re
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from runner.core.choice import PodChoice
from runner.core.context import StepContext
from runner.core.duration import Duration
from runner.core.errors import Refused, Unreachable
from runner.core.observation import Observation
from runner.core.pods import PodSeen, seen
from runner.core.step import Fault
from runner.core.step import Result as StepResult
from runner.core.target import ApiRefused, Obj
from runner.core.together import together
from runner.core.verdict import Verdict, passed, unknown


class Result(StepResult):
    """The pods that were killed, as they were before."""

    pods: list[PodSeen]


def _count(value: Any) -> Any:
    right = value == "all" or (isinstance(value, int) and not isinstance(value, bool) and value > 0)
    if not right and not (isinstance(value, str) and re.fullmatch(r"[1-9]\d?%|100%", value)):
        raise ValueError("write a number of pods, a share such as 34%, or all")
    return value


class KillPod(PodChoice, Fault):
    """Delete pods, all at the same moment, and see that their containers have ended.

    Several matches and no `count`: the first by name dies, so that a drill can be repeated. `grace: 0s` is the crash
    (no signal, no waiting), without it the pod's own grace period is honoured. What comes back is the controller's
    business.

    Proof: the kubelet of the pod's node, asked through the API, no longer runs a container of that uid. The API's
    word is not enough, since a pod deleted with `grace: 0s` is gone from the API while its containers may still run.
    This needs the right to get `nodes/proxy`; without it, a deletion with grace is believed once the object is gone
    (its kubelet has confirmed it), and one without grace is UNKNOWN, as is a pod on a node that does not answer.

    Example:
        - name: one web server dies
          kill-pod: {selector: "app=web", count: 1, grace: 0s}

    """

    Result: ClassVar[type[StepResult]] = Result

    count: Annotated[int | str, BeforeValidator(_count), WithJsonSchema({"type": ["integer", "string"]})] = Field(
        default=1, description='How many of the pods that match: a number, a share such as "34%", or all.'
    )
    grace: Duration | None = Field(
        default=None, ge=0, description="Time between the polite and the hard signal; default: the pod's own."
    )

    @model_validator(mode="after")
    def _aimed(self) -> Self:
        if not self.selector and not self.pod:
            raise ValueError("say which pods: selector or pod")
        return self

    async def strike(self, ctx: StepContext) -> Observation:
        """Delete them, each by its uid, so that a successor of the same name is never hit."""
        targets = self._aim(await self.choose(ctx), ctx)
        pods = [seen(pod) for pod in targets]
        if not pods:
            return Observation(f"killed nothing: {self.nothing(ctx)}", {"pods": []})
        await ctx.blow()
        await together(self._delete(ctx, pod) for pod in pods)
        return Observation(
            f"killed {', '.join(pod.name for pod in pods)}", {"pods": [pod.model_dump() for pod in pods]}
        )

    async def prove(self, ctx: StepContext, struck: Observation) -> Verdict:
        """Ask the kubelets what still runs."""
        pods = [PodSeen.model_validate(pod) for pod in struck.data["pods"]]
        for pod in pods:
            doubt = await self._doubt(ctx, pod)
            if doubt:
                return unknown(f"{pod.name}: {doubt}")
        return passed("; ".join(f"no container of {pod.name} runs on {pod.node or 'any node'}" for pod in pods) or "-")

    def _aim(self, found: list[Obj], ctx: StepContext) -> list[Obj]:
        if not found and ctx.allow_empty:
            return []
        if not found:
            raise Refused(self.nothing(ctx))
        if len(self.pod) > len(found):
            missing = set(self.pod) - {pod["metadata"]["name"] for pod in found}
            raise Refused(f"not there: {', '.join(sorted(missing))}")
        wanted = len(self.pod) or self._number(len(found))
        if wanted > len(found):
            raise Refused(f"{wanted} pods are to be killed, but only {len(found)} match {self.selector}")
        return found[:wanted]

    def _number(self, there: int) -> int:
        if self.count == "all":
            return there
        if isinstance(self.count, str):
            return math.ceil(there * int(self.count.rstrip("%")) / 100)
        return self.count

    async def _delete(self, ctx: StepContext, pod: PodSeen) -> None:
        try:
            there = await ctx.cluster.delete("Pod", pod.name, pod.namespace, grace=self.grace, uid=pod.uid)
        except ApiRefused as error:
            if error.code != 409:
                raise
            there = False
        if not there:
            raise Refused(f"{pod.name} was gone before the blow")

    async def _doubt(self, ctx: StepContext, pod: PodSeen) -> str:
        """Why its end is not proven yet; empty when it is."""
        there = await ctx.cluster.get("Pod", pod.name, pod.namespace)
        if there and there["metadata"].get("uid") == pod.uid:
            return "the API still has it"
        if not pod.node:
            return ""  # never scheduled: there was no container
        try:
            runs = await _running(ctx, pod.node)
        except ApiRefused as error:
            return self._without_kubelet(pod.node, error)
        return f"a container of it still runs on {pod.node}" if pod.uid in runs else ""

    def _without_kubelet(self, node: str, error: ApiRefused) -> str:
        if error.code in (401, 403) and self.grace != 0.0:
            return ""  # a graceful deletion ends only when the kubelet has seen the containers end
        return f"cannot see what runs on {node} ({error.code} {error.message})"


async def _running(ctx: StepContext, node: str) -> set[str]:
    """Uids of the pods of which a container runs on that node, as its container runtime says."""
    try:
        return _uids(await ctx.cluster.read(f"/api/v1/nodes/{node}/proxy/runningpods/"), "items", "metadata", node)
    except ApiRefused as error:
        if error.code not in (404, 405):  # a kubelet without debugging handlers still tells whose usage it measures
            raise
        return _uids(await ctx.cluster.read(f"/api/v1/nodes/{node}/proxy/stats/summary"), "pods", "podRef", node)


def _uids(text: str, items: str, reference: str, node: str) -> set[str]:
    try:
        return {item[reference]["uid"] for item in json.loads(text).get(items) or []}
    except (ValueError, KeyError, AttributeError) as error:
        raise Unreachable(f"the kubelet of {node} gave no list of running pods") from error
