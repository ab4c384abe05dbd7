"""Keep evidence beside the run: logs, events and descriptions, while they are still there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, ClassVar

from pydantic import Field

from runner.core.choice import PodChoice
from runner.core.context import StepContext
from runner.core.observation import Observation
from runner.core.pods import seen
from runner.core.shown import shown
from runner.core.step import Action
from runner.core.step import Result as StepResult
from runner.core.target import ApiRefused, Obj
from runner.core.workloads import KINDS
from runner.core.workloads import seen as workload_seen


class Result(StepResult):
    """Where the evidence lies, relative to the run's folder."""

    files: list[str]
    missing: list[str]
    """What could not be had, and why."""


class Collect(PodChoice, Action):
    """Keep logs (also of the container before a restart), events and descriptions of pods, nodes and workloads.

    It judges nothing, and what cannot be had is noted, not an error. Secrets are not collected, and what is collected
    is masked. A pod that is being deleted is collected too.

    Example:
        - name: what the web servers said
          collect: {selector: "app=web", logs: 200, events: true}

    """

    Result: ClassVar[type[StepResult]] = Result

    logs: int = Field(default=200, ge=0, description="Lines of each container's log; 0: none.")
    events: bool = Field(default=True, description="The namespace's events.")
    describe: bool = Field(default=True, description="The pods as YAML, and an overview of pods, workloads and nodes.")

    async def act(self, ctx: StepContext) -> Observation:
        """Collect what there is."""
        files: list[str] = []
        missing: list[str] = []
        pods = await self.choose_any(ctx)
        if not pods:
            missing.append(self.nothing(ctx))
        async for name, text in self._everything(ctx, pods, missing):
            files.append(ctx.evidence(name, text))
        note = f", {len(missing)} not to be had" if missing else ""
        summary = f"kept {len(files)} files about {len(pods)} pods{note}"
        return Observation(summary, {"files": files, "missing": missing})

    async def _everything(
        self, ctx: StepContext, pods: list[Obj], missing: list[str]
    ) -> AsyncIterator[tuple[str, str]]:
        if self.describe:
            yield "overview.txt", await self._overview(ctx, pods, missing)
        if self.events:
            yield "events.txt", await self._events(ctx, missing)
        for pod in pods:
            name = pod["metadata"]["name"]
            if self.describe:
                yield f"{name}.yaml", _yaml(shown(pod))
            if self.logs:
                async for part in self._logs(ctx, pod, missing):
                    yield part

    async def _logs(self, ctx: StepContext, pod: Obj, missing: list[str]) -> AsyncIterator[tuple[str, str]]:
        status = pod.get("status") or {}
        states = [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]
        for state in states:
            for previous in (False, True) if state.get("restartCount") else (False,):
                name = f"{pod['metadata']['name']}-{state['name']}{'-previous' if previous else ''}.log"
                try:
                    yield name, await self._log(ctx, pod, state["name"], previous)
                except ApiRefused as error:
                    missing.append(f"{name}: {error.message}")

    async def _log(self, ctx: StepContext, pod: Obj, container: str, previous: bool) -> str:
        metadata = pod["metadata"]
        return await ctx.cluster.logs(
            metadata["name"],
            container=container,
            namespace=metadata.get("namespace"),
            tail=self.logs,
            previous=previous,
        )

    async def _events(self, ctx: StepContext, missing: list[str]) -> str:
        events = await self._listed(ctx, "Event", missing)
        return "\n".join(_event_line(one) for one in sorted(events, key=_event_time)) + "\n"

    async def _overview(self, ctx: StepContext, pods: list[Obj], missing: list[str]) -> str:
        lines = [_pod_line(pod) for pod in pods]
        for kind in KINDS:
            found = [workload_seen(one) for one in await self._listed(ctx, kind, missing)]
            lines += [f"{one.name}: {one.why or f'complete, {one.ready} Ready'}" for one in found]
        lines += [_node_line(node) for node in await self._listed(ctx, "Node", missing)]
        return "\n".join(lines) + "\n"

    async def _listed(self, ctx: StepContext, kind: str, missing: list[str]) -> list[Obj]:
        try:
            return await ctx.cluster.list(kind, namespace=self.namespace)
        except ApiRefused as error:
            missing.append(f"{kind}: {error.message}")
            return []


def _yaml(item: Obj) -> str:
    import yaml

    return str(yaml.safe_dump(item, sort_keys=False, allow_unicode=True, width=160))


def _pod_line(pod: Obj) -> str:
    one = seen(pod)
    state = "Ready" if one.ready else f"not Ready: {one.why}"
    return f"pod/{one.name}: {one.phase}, {state}, node {one.node or '-'}, ip {one.ip or '-'}, {one.restarts} restarts"


def _node_line(node: Obj) -> str:
    conditions: list[Any] = (node.get("status") or {}).get("conditions") or []
    states = ", ".join(f"{one['type']}={one['status']}" for one in conditions)
    cordoned = ", cordoned" if (node.get("spec") or {}).get("unschedulable") else ""
    return f"node/{node['metadata']['name']}: {states}{cordoned}"


def _event_time(event: Obj) -> str:
    metadata = event["metadata"]
    return str(event.get("lastTimestamp") or event.get("eventTime") or metadata.get("creationTimestamp") or "")


def _event_line(event: Obj) -> str:
    about = event.get("involvedObject") or {}
    times = f" (x{event['count']})" if (event.get("count") or 1) > 1 else ""
    what = f"{about.get('kind', '')}/{about.get('name', '')}"
    said = f"{event.get('type', '')} {event.get('reason', '')} {what}: {event.get('message', '')}"
    return f"{_event_time(event)} {said}{times}"
