"""`/stats/summary`: what a node and its containers use, in the shape of Kubernetes' Summary API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcluster.kubelet import clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from localcluster.client import Obj
    from localcluster.kubelet.container_worker import ContainerWorker
    from localcluster.kubelet.pod_worker import PodWorker
    from localcluster.kubelet.usage_meter import Sample

_NANO = 1_000_000_000


def summary(node: str, pods: Iterable[PodWorker], samples: Mapping[str, Sample]) -> Obj:
    """Give the document; a container without a sample has just been started and is left out."""
    moment = clock.now_micro()
    found = [entry for pod in pods if (entry := _pod(pod, samples, moment))["containers"]]
    return {"node": {"nodeName": node, **_sum(found, moment)}, "pods": found}


def _pod(pod: PodWorker, samples: Mapping[str, Sample], moment: str) -> Obj:
    containers = [_container(w, samples, moment) for w in (*pod.init, *pod.main) if _sampled(w, samples)]
    meta = pod.context.pod["metadata"]
    ref = {key: meta[key] for key in ("name", "namespace", "uid")}
    return {"podRef": ref, "startTime": pod.facts.started_at, "containers": containers, **_sum(containers, moment)}


def _sampled(worker: ContainerWorker, samples: Mapping[str, Sample]) -> bool:
    return worker.instance is not None and worker.instance.container.id in samples


def _container(worker: ContainerWorker, samples: Mapping[str, Sample], moment: str) -> Obj:
    assert worker.instance is not None
    sample = samples[worker.instance.container.id]
    nanos, used = int(sample.cores * _NANO), int(sample.used.cpu_seconds * _NANO)
    memory = sample.used.memory_bytes
    return {
        "name": worker.spec["name"],
        "startTime": worker.state.running_since,
        "cpu": {"time": moment, "usageNanoCores": nanos, "usageCoreNanoSeconds": used},
        "memory": {"time": moment, "usageBytes": memory, "workingSetBytes": memory, "rssBytes": memory},
    }


def _sum(parts: list[Obj], moment: str) -> Obj:
    totals: Obj = {"cpu": {"time": moment}, "memory": {"time": moment}}
    for group, key in (("cpu", "usageNanoCores"), ("cpu", "usageCoreNanoSeconds"), ("memory", "workingSetBytes")):
        totals[group][key] = sum(part[group][key] for part in parts)
    return totals
