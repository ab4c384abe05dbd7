"""A cluster in memory whose pods live: they start, end, come back, answer commands and have logs."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field

import anyio

from runner.core.pods import is_active
from runner.core.selectors import as_text
from runner.core.target import ApiRefused, CommandResult, Obj
from runner.testing.objects import EPOCH, FakeObjects, fits, stamp

OnExec = Callable[[str, Sequence[str], str | None], CommandResult]
_REPLICATED = ("Deployment", "StatefulSet")


@dataclass
class FakeCluster(FakeObjects):
    """A `core.target.Cluster` in memory."""

    ingress: str | None = None
    version: str = "v1.34.0+fake"
    identity: str = "fake"
    capabilities: frozenset[str] = frozenset({"network-policy", "metrics", "ingress", "storage", "quota"})
    nodes_away: set[str] = field(default_factory=set)
    """Nodes whose kubelet does not answer, and whose containers do not end."""
    ending: float = 0.1
    """Seconds from a deletion to the end of the containers."""
    starting: float = 0.5
    """Seconds from a pod's creation to Ready."""
    respawn: bool = True
    """Whether workloads replace pods that are gone."""
    running: dict[str, set[str]] = field(default_factory=dict)
    """Uids of the pods whose containers run, by node: the kubelets' own view."""
    logged: dict[tuple[str, bool], str] = field(default_factory=dict)
    """Logs by pod, and whether of the container before its restart."""
    tunnels: dict[tuple[str, int], tuple[str, int]] = field(default_factory=dict)
    """Where a tunnel to a pod's port leads: the address of a server that the test runs."""
    _execs: list[OnExec] = field(default_factory=list)

    def pod(self, name: str, *, labels: dict[str, str] | None = None, ready: bool = True, node: str = "node-1") -> Obj:
        """Put a pod there that runs on a node."""
        made = self.add("Pod", name, labels=labels, spec={"nodeName": node, "containers": [{"name": "main"}]})
        self._run(made, ready=ready)
        return made

    def workload(self, kind: str, name: str, replicas: int, labels: dict[str, str] | None = None) -> Obj:
        """Put a Deployment or StatefulSet there, complete, whose replicas it keeps from now on."""
        chosen = labels or {"app": name}
        spec = {"replicas": replicas, "selector": {"matchLabels": chosen}}
        made = self.add(kind, name, labels=chosen, spec=spec, status={})
        for index in range(replicas):
            self.pod(f"{name}-{index}", labels=dict(chosen), node=f"node-{index % 3 + 1}")
        self._count(made)
        return made

    def on_exec(self, answer: OnExec) -> None:
        """What commands in pods say; called with pod, argv and stdin; it may raise."""
        self._execs.insert(0, answer)

    def log(self, pod: str, text: str, *, previous: bool = False) -> None:
        """What a pod has logged."""
        self.logged[pod, previous] = text

    async def create(self, manifest: Obj, *, dry_run: bool = False) -> Obj:
        """Create; a pod starts a moment later."""
        made = await super().create(manifest, dry_run=dry_run)
        if made["kind"] == "Pod" and not dry_run:
            stored = self._of("Pod", made["metadata"]["name"], made["metadata"]["namespace"])
            stored["spec"].setdefault("nodeName", "node-1")
            self._later(self.starting, self._start, stored)
        return made

    async def patch(
        self, kind: str, name: str, patch: Obj, namespace: str | None = None, *, subresource: str = ""
    ) -> Obj:
        """Merge patch; a workload follows its new number."""
        patched = await super().patch(kind, name, patch, namespace, subresource=subresource)
        self._reconcile(self._of(kind, name, namespace))
        return patched

    async def exec(
        self,
        pod: str,
        argv: Sequence[str],
        *,
        container: str | None = None,  # noqa: ARG002 - one container is enough for a fake
        namespace: str | None = None,
        stdin: str | None = None,
        timeout: float = 30.0,  # noqa: ARG002 - a script that hangs raises TimeoutError itself
    ) -> CommandResult:
        """What `on_exec` says, else success without output."""
        self._called(f"exec {pod} {' '.join(argv)[:60]}")
        node = self._of("Pod", pod, namespace)["spec"].get("nodeName")
        if node in self.nodes_away:
            raise ApiRefused(503, "ServiceUnavailable", f"the kubelet of {node} does not answer")
        return self._execs[0](pod, argv, stdin) if self._execs else CommandResult(0, "", "")

    async def logs(
        self,
        pod: str,
        *,
        container: str | None = None,  # noqa: ARG002 - as above
        namespace: str | None = None,  # noqa: ARG002 - as above
        tail: int | None = None,
        since: float | None = None,  # noqa: ARG002 - a test logs what is young enough
        previous: bool = False,
    ) -> str:
        """What `log` put there."""
        self._called(f"logs {pod}")
        if (pod, previous) not in self.logged:
            raise ApiRefused(400, "BadRequest", f"no log of {pod}")
        return "\n".join(self.logged[pod, previous].splitlines()[-tail if tail else 0 :])

    def tunnel(self, pod: str, port: int, namespace: str | None = None) -> AbstractAsyncContextManager[tuple[str, int]]:  # noqa: ARG002 - pods of all namespaces differ in name
        """A way to a server of the test."""
        return self._tunnel(pod, port)

    async def read(self, path: str) -> str:
        """The kubelets' own lists of running pods; nothing else."""
        self._called(f"read {path}")
        if not (path.startswith("/api/v1/nodes/") and path.endswith("/proxy/runningpods/")):
            raise ApiRefused(404, "NotFound", f"no {path} here")
        node = path.split("/")[4]
        if node in self.nodes_away:
            raise ApiRefused(503, "ServiceUnavailable", f"the kubelet of {node} does not answer")
        return json.dumps({"items": [{"metadata": {"uid": uid}} for uid in self.running.get(node, ())]})

    @asynccontextmanager
    async def _tunnel(self, pod: str, port: int) -> AsyncIterator[tuple[str, int]]:
        self._called(f"tunnel {pod}:{port}")
        if (pod, port) not in self.tunnels:
            raise ApiRefused(404, "NotFound", f"{pod} has nothing at port {port}")
        yield self.tunnels[pod, port]

    def _later(self, seconds: float, act: Callable[[Obj], None], about: Obj) -> None:
        asyncio.get_running_loop().call_later(seconds, act, about)

    def _start(self, pod: Obj) -> None:
        if any(one is pod for one in self.objects.values()) and is_active(pod):
            self._run(pod, ready=True)
            self._touched(pod)
            self._reconcile_all()

    def _run(self, pod: Obj, *, ready: bool) -> None:
        node, uid = pod["spec"]["nodeName"], pod["metadata"]["uid"]
        self.running.setdefault(node, set()).add(uid)
        container = {"name": pod["spec"]["containers"][0]["name"], "containerID": f"fake://{uid}", "ready": ready}
        started = {"restartCount": 0, "started": True, "state": {"running": {"startedAt": stamp(EPOCH)}}}
        pod["status"] = {
            "phase": "Running",
            "podIP": f"10.244.0.{uid.removeprefix('uid-')}",
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [{**container, **started}],
        }

    def _end(self, stored: Obj, grace: float | None) -> None:
        if stored["kind"] != "Pod":
            self._remove(stored)
            return
        stored["metadata"]["deletionTimestamp"] = stamp(EPOCH + anyio.current_time())
        if grace == 0:
            self._remove(stored)
        else:
            self._touched(stored)
        self._later(self.ending, self._ended, stored)
        self._reconcile_all()

    def _ended(self, pod: Obj) -> None:
        node = pod["spec"].get("nodeName")
        if node not in self.nodes_away:
            self.running.get(node, set()).discard(pod["metadata"]["uid"])
            self._remove(pod)
            self._reconcile_all()

    def _reconcile_all(self) -> None:
        for stored in [one for one in self.objects.values() if one["kind"] in _REPLICATED]:
            self._reconcile(stored)

    def _reconcile(self, workload: Obj) -> None:
        """Bring a workload's pods to their number, as its controller would."""
        if workload["kind"] not in _REPLICATED:
            return
        active = [pod for pod in self._pods_of(workload) if is_active(pod)]
        wanted = workload["spec"]["replicas"]
        for pod in active[wanted:]:
            self._end(pod, None)
        if self.respawn:
            self._spawn(workload, wanted - len(active))
        self._count(workload)

    def _spawn(self, workload: Obj, missing: int) -> None:
        name = workload["metadata"]["name"]
        taken = {its for kind, _, its in self.objects if kind == "Pod"}
        stable = (f"{name}-{i}" for i in itertools.count() if f"{name}-{i}" not in taken)
        for _ in range(missing):
            fresh = next(stable) if workload["kind"] == "StatefulSet" else f"{name}-{next(self._ids)}x"
            labels = dict(workload["spec"]["selector"]["matchLabels"])
            spec = {"nodeName": "node-1", "containers": [{"name": "main"}]}
            made = self.add("Pod", fresh, labels=labels, spec=spec, status={"phase": "Pending"})
            self._later(self.starting, self._start, made)

    def _count(self, workload: Obj) -> None:
        active = [pod for pod in self._pods_of(workload) if is_active(pod)]
        ready = sum(pod["status"]["phase"] == "Running" for pod in active)
        numbers = {"replicas": len(active), "updatedReplicas": len(active), "readyReplicas": ready}
        workload["status"] = {"observedGeneration": workload["metadata"]["generation"], **numbers}

    def _pods_of(self, workload: Obj) -> Sequence[Obj]:
        selector = as_text(workload["spec"]["selector"])
        return [one for one in self.objects.values() if one["kind"] == "Pod" and fits(one, selector, "")]
