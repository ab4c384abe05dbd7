"""The status of a pod, from the states of its containers: phase and conditions as upstream's kubelet decides them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localcluster.kubelet import clock
from localcluster.kubelet.qos import qos_class

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcluster.client import Obj
    from localcluster.kubelet.container_state import ContainerState

FINAL = ("Succeeded", "Failed")
_OURS = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")


@dataclass
class PodFacts:
    """All that the status of a pod is made of."""

    spec: Obj
    init: Sequence[ContainerState] = ()
    main: Sequence[ContainerState] = ()
    sandbox: bool = False
    """The network namespace is there."""
    ip: str = ""
    host_ip: str = ""
    started_at: str = ""
    verdict: tuple[str, str | None, str | None] | None = None
    """Phase, reason and message, when they do not follow from the containers (DeadlineExceeded, ...)."""
    finished: bool = False
    """No container will be started again."""
    old_conditions: Sequence[Obj] = field(default_factory=tuple)


def pod_status(facts: PodFacts) -> Obj:
    """Give the status object; keys that must go are None, as in a merge patch."""
    current, reason, message = facts.verdict or (phase(facts), None, None)
    ips = [{"ip": facts.ip}] if facts.ip else []
    status: Obj = {
        "phase": current,
        "reason": reason,
        "message": message,
        "conditions": conditions(facts, current),
        "hostIP": facts.host_ip,
        "hostIPs": [{"ip": facts.host_ip}],
        "podIP": facts.ip or None,
        "podIPs": ips or None,
        "startTime": facts.started_at,
        "qosClass": qos_class(facts.spec),
        "containerStatuses": [state.as_status() for state in facts.main],
    }
    if facts.init:
        status["initContainerStatuses"] = [state.as_status() for state in facts.init]
    return status


def phase(facts: PodFacts) -> str:
    """Decide Pending, Running, Succeeded or Failed."""
    policy = facts.spec.get("restartPolicy") or "Always"
    jobs = _init_jobs(facts)
    if any(state.ended and state.ended.code != 0 for state in jobs) and (policy == "Never" or facts.finished):
        return "Failed"
    if any(not (state.ended and state.ended.code == 0) for state in jobs) and not facts.finished:
        return "Pending"
    return _main_phase(facts, policy)


def _main_phase(facts: PodFacts, policy: str) -> str:
    if facts.finished:
        good = all(state.ended and state.ended.code == 0 for state in facts.main)
        return "Succeeded" if good else "Failed"
    if any(not (state.running_since or state.ended or state.last) for state in facts.main):
        return "Pending"
    still = any(not state.ended for state in facts.main) or any(state.running_since for state in facts.init)
    if still or policy == "Always":
        return "Running"
    if all(state.ended and state.ended.code == 0 for state in facts.main):
        return "Succeeded"
    return "Failed" if policy == "Never" else "Running"


def _init_jobs(facts: PodFacts) -> list[ContainerState]:
    """Init containers that must end; those with restartPolicy Always are sidecars."""
    sidecars = {c["name"] for c in facts.spec.get("initContainers") or [] if c.get("restartPolicy") == "Always"}
    return [state for state in facts.init if state.name not in sidecars]


def conditions(facts: PodFacts, current: str) -> list[Obj]:
    """Give the conditions; a transition time changes only with the status."""
    wanted = _wanted(facts, current)
    old = {condition["type"]: condition for condition in facts.old_conditions}
    foreign = [condition for condition in facts.old_conditions if condition["type"] not in _OURS]
    wanted.setdefault("PodScheduled", old.get("PodScheduled") or {"status": "True"})
    return [_dated({"type": name, **wanted[name]}, old.get(name)) for name in _OURS] + foreign


def _dated(condition: Obj, old: Obj | None) -> Obj:
    same = old is not None and old.get("status") == condition["status"]
    moved = old["lastTransitionTime"] if old is not None and same and old.get("lastTransitionTime") else clock.now()
    return {"lastProbeTime": None, **condition, "lastTransitionTime": moved}


def _wanted(facts: PodFacts, current: str) -> dict[str, Obj]:
    uninitialised = [s.name for s in facts.init if not _initialised(s, s in _init_jobs(facts))]
    unready = [state.name for state in (*facts.main, *_sidecars(facts)) if not state.ready]
    if current == "Succeeded":
        done = {"status": "False", "reason": "PodCompleted"}
        ready, initialised = (done, done), {"status": "True", "reason": "PodCompleted"}
    else:
        initialised = _listed(uninitialised, "ContainersNotInitialized", "containers with incomplete status")
        containers = _listed(unready, "ContainersNotReady", "containers with unready status")
        if current == "Failed":
            containers = {"status": "False", "reason": "PodFailed"}
        ready = (containers, _gated(containers, facts))
    return {
        "PodReadyToStartContainers": {"status": str(facts.sandbox)},
        "Initialized": initialised,
        "ContainersReady": ready[0],
        "Ready": ready[1],
    }


def _sidecars(facts: PodFacts) -> list[ContainerState]:
    jobs = _init_jobs(facts)
    return [state for state in facts.init if state not in jobs]


def _initialised(state: ContainerState, job: bool) -> bool:
    return bool(state.ended and state.ended.code == 0) if job else state.started


def _listed(names: list[str], reason: str, message: str) -> Obj:
    if not names:
        return {"status": "True"}
    return {"status": "False", "reason": reason, "message": f"{message}: [{' '.join(names)}]"}


def _gated(containers: Obj, facts: PodFacts) -> Obj:
    """Readiness gates: conditions that somebody else must set to True."""
    gates = [gate["conditionType"] for gate in facts.spec.get("readinessGates") or []]
    true = {condition["type"] for condition in facts.old_conditions if condition["status"] == "True"}
    missing = [gate for gate in gates if gate not in true]
    if containers["status"] != "True" or not missing:
        return containers
    return {"status": "False", "reason": "ReadinessGatesNotReady", "message": f"gates not True: {' '.join(missing)}"}
