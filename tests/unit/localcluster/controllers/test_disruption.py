"""PodDisruptionBudgets."""

import pytest

from localcluster.client import ApiError


def _budget(**spec):
    whole = {"selector": {"matchLabels": {"app": "web"}}} | spec
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": whole,
    }


@pytest.mark.parametrize(
    ("spec", "desired", "allowed"),
    [
        ({"minAvailable": 2}, 2, 1),
        ({"minAvailable": "50%"}, 2, 1),
        ({"maxUnavailable": 1}, 2, 1),
        ({"maxUnavailable": "50%"}, 1, 2),
        ({"minAvailable": 3}, 3, 0),
    ],
)
def test_the_status_says_how_many_may_go(story, deployment, spec, desired, allowed):
    async def play(world):
        await world.apply("poddisruptionbudgets.policy", _budget(**spec))
        await world.apply("deployments.apps", deployment())

        async def counted():
            status = (await world.get("poddisruptionbudgets.policy", "web")).get("status", {})
            found = [
                status.get(key) for key in ("currentHealthy", "desiredHealthy", "disruptionsAllowed", "expectedPods")
            ]
            return found == [3, desired, allowed, 3]

        await world.until(counted)

    story(play)


def test_an_eviction_beyond_the_budget_is_refused_until_a_new_pod_is_ready(story, deployment):
    async def play(world):
        await world.apply("poddisruptionbudgets.policy", _budget(minAvailable=2))
        await world.apply("deployments.apps", deployment())

        async def allowed():
            return (await world.get("poddisruptionbudgets.policy", "web")).get("status", {}).get(
                "disruptionsAllowed"
            ) == 1

        await world.until(allowed)
        names = [pod["metadata"]["name"] for pod in await world.pods()]
        await _evict(world, names[0])
        with pytest.raises(ApiError) as refusal:
            await _evict(world, names[1])
        assert refusal.value.code == 429
        await world.until(allowed)
        await _evict(world, names[1])

    story(play)


async def _evict(world, name: str) -> None:
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": "default"}}
    await world.client.create("pods/eviction", eviction, "default")
