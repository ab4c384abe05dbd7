"""Jobs."""

from localcluster.client import Obj


def _job(**spec) -> Obj:
    template = {"spec": {"restartPolicy": "Never", "containers": [{"name": "main", "image": "busybox"}]}}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "task", "namespace": "default"},
        "spec": {"template": template} | spec,
    }


async def _end(world, phase: str, count: int = 1) -> None:
    async def running():
        pods = [pod for pod in await world.pods() if pod.get("status", {}).get("phase") == "Running"]
        return len(pods) >= count and pods[:count]

    for pod in await world.until(running):
        await world.run_pod(pod, ready=False, phase=phase)


def _over(world, kind: str):
    async def look():
        found = await world.get("jobs.batch", "task")
        conditions = (found or {}).get("status", {}).get("conditions", ())
        return next((one for one in conditions if one["type"] == kind and one["status"] == "True"), None) and found

    return look


def test_a_job_is_complete_when_all_its_pods_succeeded(story):
    async def play(world):
        await world.apply("jobs.batch", _job(completions=3, parallelism=2))
        await _end(world, "Succeeded", 2)
        await _end(world, "Succeeded")
        found = await world.until(_over(world, "Complete"))
        assert found["status"]["succeeded"] == 3
        assert found["status"]["completionTime"]
        assert len(await world.pods()) == 3

    story(play)


def test_a_job_never_runs_more_pods_than_its_parallelism(story):
    async def play(world):
        await world.apply("jobs.batch", _job(completions=5, parallelism=2))
        await world.until(world.pods)

        async def two():
            return len(await world.pods()) <= 2

        await world.stays(two)

    story(play)


def test_a_job_gives_up_after_its_backoff_limit(story):
    async def play(world):
        await world.apply("jobs.batch", _job(backoffLimit=0))
        await _end(world, "Failed")
        found = await world.until(_over(world, "Failed"))
        assert found["status"]["failed"] == 1
        assert (
            next(one for one in found["status"]["conditions"] if one["type"] == "Failed")["reason"]
            == "BackoffLimitExceeded"
        )

    story(play)


def test_a_job_that_takes_too_long_is_ended(story):
    async def play(world):
        await world.apply("jobs.batch", _job(activeDeadlineSeconds=1))
        found = await world.until(_over(world, "Failed"), within=5)
        assert (
            next(one for one in found["status"]["conditions"] if one["type"] == "Failed")["reason"]
            == "DeadlineExceeded"
        )

        async def ended():
            return not await world.pods()

        await world.until(ended)

    story(play)


def test_indexed_pods_have_each_an_index(story):
    async def play(world):
        await world.apply("jobs.batch", _job(completions=2, parallelism=2, completionMode="Indexed"))

        async def both():
            return len(await world.pods()) == 2

        await world.until(both)
        found = {
            pod["metadata"]["annotations"]["batch.kubernetes.io/job-completion-index"] for pod in await world.pods()
        }
        assert found == {"0", "1"}

    story(play)


def test_a_finished_job_goes_with_its_pods_when_its_time_is_over(story):
    async def play(world):
        await world.apply("jobs.batch", _job(ttlSecondsAfterFinished=0))
        await _end(world, "Succeeded")

        async def gone():
            return await world.get("jobs.batch", "task") is None and not await world.pods()

        await world.until(gone)

    story(play)
