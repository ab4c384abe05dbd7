"""Jobs run pods until enough of them have succeeded."""

import asyncio
from typing import Any

from localcluster.client import ApiError, Obj
from localcluster.controllers import clock, conditions, podstate
from localcluster.controllers.batches import slow_start
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.controller import Controller
from localcluster.controllers.kinds import key_of
from localcluster.controllers.templates import pod_from, random_name, random_suffix

_JOB = "jobs.batch"
_INDEX = "batch.kubernetes.io/job-completion-index"
_FIRST_PAUSE, _LONGEST_PAUSE = 10.0, 600.0  # seconds before a failed pod is replaced, as upstream


class Jobs(Controller):
    """Works on Jobs. Finished pods are counted while they exist; one that is deleted by hand is run again."""

    name = "job-controller"

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self.follow_self(_JOB)
        self.follow_owned("pods", "Job", _JOB)

    async def sync(self, namespace: str, name: str) -> None:
        """Start, end and count pods."""
        job = self.cluster.get(_JOB, namespace, name)
        if job is None or "deletionTimestamp" in job["metadata"]:
            return
        if _finished(job):
            await self._expire(job)
            return
        pods = self.cluster.owned("pods", job)
        verdict = _verdict(job, pods)
        failure = None
        if verdict is not None:
            await asyncio.gather(*(self._end(job, pod) for pod in pods if podstate.is_active(pod)))
        else:
            failure = await self._manage(job, pods)
        await self._report(job, verdict)
        if failure is not None:
            raise failure

    async def _manage(self, job: Obj, pods: list[Obj]) -> ApiError | None:
        spec = job["spec"]
        active = [pod for pod in pods if podstate.is_active(pod)]
        if (limit := spec.get("activeDeadlineSeconds")) and (started := (job.get("status") or {}).get("startTime")):
            self.queue.add_after(key_of(job), max(0.1, limit - clock.age(started)))
        wanted = 0 if spec.get("suspend") else _wanted_active(job, pods)
        if len(active) > wanted:
            victims = sorted(active, key=podstate.is_ready)[: len(active) - wanted]
            await asyncio.gather(*(self._end(job, pod) for pod in victims))
        pause = _pause(pods)
        if len(active) >= wanted:
            return None
        if pause > 0:
            self.queue.add_after(key_of(job), pause)
            return None
        indexes = _free_indexes(job, pods)[: wanted - len(active)] if _indexed(job) else [None] * (wanted - len(active))
        _, failure = await slow_start(indexes, lambda index: self._create(job, index))
        return failure

    async def _create(self, job: Obj, index: int | None) -> None:
        base = job["metadata"]["name"]
        name = random_name(base) if index is None else f"{base[:50]}-{index}-{random_suffix()}"
        pod = pod_from(job["spec"]["template"], job, name)
        if index is not None:
            pod["metadata"]["annotations"][_INDEX] = str(index)
            pod["metadata"]["labels"][_INDEX] = str(index)
            pod["spec"].setdefault("hostname", f"{base[:50]}-{index}")
            for container in [*pod["spec"]["containers"], *(pod["spec"].get("initContainers") or ())]:
                container.setdefault("env", []).append({"name": "JOB_COMPLETION_INDEX", "value": str(index)})
        try:
            await self.cluster.create("pods", pod)
        except ApiError as error:
            self.tell(job, "Warning", "FailedCreate", f"Error creating: {error.message}")
            raise
        self.tell(job, "Normal", "SuccessfulCreate", f"Created pod: {name}")

    async def _end(self, job: Obj, pod: Obj) -> None:
        await self.cluster.delete("pods", pod)
        self.tell(job, "Normal", "SuccessfulDelete", f"Deleted pod: {pod['metadata']['name']}")

    async def _report(self, job: Obj, verdict: tuple[str, str, str] | None) -> None:
        pods = self.cluster.owned("pods", job)
        status = _counts(job, pods)
        known = [dict(one) for one in (job.get("status") or {}).get("conditions") or ()]
        if job["spec"].get("suspend"):
            status.pop("startTime", None)
            conditions.put(known, "Suspended", "True", "JobSuspended", "Job suspended")
        elif any(one["type"] == "Suspended" for one in known):
            conditions.put(known, "Suspended", "False", "JobResumed", "Job resumed")
        if verdict is not None:
            kind, reason, message = verdict
            conditions.put(known, kind, "True", reason, message)
            status.pop("active", None)
            if kind == "Complete":
                status["completionTime"] = clock.stamp()
            self.tell(
                job,
                "Normal" if kind == "Complete" else "Warning",
                "Completed" if kind == "Complete" else reason,
                message,
            )
        await self.cluster.set_status(_JOB, job, status | ({"conditions": known} if known else {}))

    async def _expire(self, job: Obj) -> None:
        limit = job["spec"].get("ttlSecondsAfterFinished")
        if limit is None:
            return
        left = limit - clock.age(_finished(job)["lastTransitionTime"])
        if left > 0:
            self.queue.add_after(key_of(job), left)
        else:
            await self.cluster.delete(_JOB, job, propagation="Foreground")


def _finished(job: Obj) -> Any:
    for kind in ("Complete", "Failed"):
        found = conditions.find(job.get("status") or {}, kind)
        if found is not None and found["status"] == "True":
            return found
    return None


def _verdict(job: Obj, pods: list[Obj]) -> tuple[str, str, str] | None:
    """Give (condition, reason, message) when the job is over."""
    spec, failed = job["spec"], _failures(pods)
    if failed > spec.get("backoffLimit", 6):
        return "Failed", "BackoffLimitExceeded", "Job has reached the specified backoff limit"
    limit, started = spec.get("activeDeadlineSeconds"), (job.get("status") or {}).get("startTime")
    if limit and started and clock.age(started) >= limit:
        return "Failed", "DeadlineExceeded", "Job was active longer than specified deadline"
    succeeded, completions = _succeeded(job, pods), spec.get("completions")
    active = any(podstate.is_active(pod) for pod in pods)
    done = succeeded >= completions if completions is not None else succeeded > 0 and not active
    return ("Complete", "CompletionsReached", "Job completed") if done else None


def _wanted_active(job: Obj, pods: list[Obj]) -> int:
    parallelism, completions = job["spec"].get("parallelism", 1), job["spec"].get("completions")
    succeeded = _succeeded(job, pods)
    if completions is None:
        # a work queue: after the first success nobody new is started
        return min(parallelism, sum(podstate.is_active(pod) for pod in pods)) if succeeded else int(parallelism)
    return int(min(parallelism, completions - succeeded))


def _counts(job: Obj, pods: list[Obj]) -> Obj:
    active = [pod for pod in pods if podstate.is_active(pod)]
    counts: Obj = {
        "startTime": (job.get("status") or {}).get("startTime") or clock.stamp(),
        "active": len(active),
        "ready": sum(podstate.is_ready(pod) for pod in active),
        "terminating": sum(podstate.is_terminating(pod) and not podstate.is_finished(pod) for pod in pods),
        "succeeded": _succeeded(job, pods),
        "failed": sum(podstate.phase(pod) == "Failed" for pod in pods),
    }
    if _indexed(job) and (done := sorted(_done_indexes(pods))):
        counts["completedIndexes"] = ",".join(str(index) for index in done)
    return {key: value for key, value in counts.items() if value or key in ("ready", "terminating")}


def _failures(pods: list[Obj]) -> int:
    """Failed pods, and restarts of containers in pods that are kept (restartPolicy OnFailure)."""
    failed = sum(podstate.phase(pod) == "Failed" for pod in pods)
    for pod in pods:
        if podstate.is_active(pod) and pod["spec"].get("restartPolicy") == "OnFailure":
            failed += sum(
                one.get("restartCount", 0) for one in (pod.get("status") or {}).get("containerStatuses") or ()
            )
    return failed


def _succeeded(job: Obj, pods: list[Obj]) -> int:
    if _indexed(job):
        return len(_done_indexes(pods))
    return sum(podstate.phase(pod) == "Succeeded" for pod in pods)


def _indexed(job: Obj) -> bool:
    return bool(job["spec"].get("completionMode") == "Indexed")


def _index(pod: Obj) -> int:
    return int((pod["metadata"].get("annotations") or {}).get(_INDEX, "-1"))


def _done_indexes(pods: list[Obj]) -> set[int]:
    return {_index(pod) for pod in pods if podstate.phase(pod) == "Succeeded"} - {-1}


def _free_indexes(job: Obj, pods: list[Obj]) -> list[int]:
    taken = _done_indexes(pods) | {_index(pod) for pod in pods if podstate.is_active(pod)}
    return [index for index in range(job["spec"].get("completions") or 0) if index not in taken]


def _pause(pods: list[Obj]) -> float:
    """Give the seconds to wait before the next pod: doubled with each failure."""
    failed = [pod for pod in pods if podstate.phase(pod) == "Failed"]
    if not failed:
        return 0.0
    last = min(clock.age(_ended(pod)) for pod in failed)
    return min(_FIRST_PAUSE * 2.0 ** (len(failed) - 1), _LONGEST_PAUSE) - last


def _ended(pod: Obj) -> str:
    for one in pod["status"].get("containerStatuses") or ():
        if finished := ((one.get("state") or {}).get("terminated") or {}).get("finishedAt"):
            return str(finished)
    return str(pod["metadata"]["creationTimestamp"])
