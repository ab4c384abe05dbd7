import asyncio

from localcluster.apiserver import availability
from localcluster.apiserver.local import LocalClient

NAME = "v1beta1.metrics.k8s.io"


def _service():
    behind = {"namespace": "shop", "name": "metrics"}
    spec = {"group": "metrics.k8s.io", "version": "v1beta1", "groupPriorityMinimum": 1, "versionPriority": 1}
    return {"metadata": {"name": NAME}, "spec": spec | {"service": behind}}


async def _reason(client):
    found = await client.get("apiservices.apiregistration.k8s.io", NAME)
    return [(one["status"], one["reason"]) for one in found["status"].get("conditions", [])]


def test_an_aggregated_api_is_available_when_somebody_is_behind_it(cluster):
    async def scenario():
        client = LocalClient(cluster.registry)
        task = asyncio.create_task(availability.run(client))
        cluster.create("apiservices.apiregistration.k8s.io", _service(), None)
        seen = []
        subset = {"addresses": [{"ip": "10.244.1.1"}], "ports": [{"port": 443}]}
        for subsets in (None, [], [subset]):
            if subsets == []:
                cluster.create("endpoints", {"metadata": {"name": "metrics"}})
            elif subsets:
                cluster.patch("endpoints", "metrics", {"subsets": subsets})
            async with asyncio.timeout(2):
                while (now := await _reason(client)) == (seen[-1] if seen else []):  # noqa: ASYNC110 - read, not told
                    await asyncio.sleep(0)
            seen.append(now)
        task.cancel()
        return seen

    assert asyncio.run(scenario()) == [
        [("False", "EndpointsNotFound")],
        [("False", "MissingEndpoints")],
        [("True", "Passed")],
    ]
