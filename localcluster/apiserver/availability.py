"""Whether an aggregated API can be reached, written into its APIService's status."""

import asyncio
from contextlib import suppress

from localcluster.apiserver.registry import now
from localcluster.client import ApiError, Client, Obj
from localcluster.informer import Informer

_SERVICES = "apiservices.apiregistration.k8s.io"
Condition = tuple[str, str, str]  # status, reason, message


async def run(client: Client) -> None:
    """Keep the condition Available of each APIService right, until cancelled."""
    services, endpoints = Informer(client, _SERVICES), Informer(client, "endpoints")
    changed = asyncio.Event()
    for informer in (services, endpoints):
        informer.subscribe(lambda *_: changed.set())
    async with asyncio.TaskGroup() as group:
        group.create_task(services.run())
        group.create_task(endpoints.run())
        while True:
            await changed.wait()
            changed.clear()
            for service in services.items():
                await _tell(client, service, judge(service, endpoints))


def judge(service: Obj, endpoints: Informer) -> Condition:
    """Say whether an APIService has somebody behind it; one without a service is this server's own."""
    behind = service["spec"].get("service")
    if not behind:
        return "True", "Local", "Local APIServices are always available"
    where = f'service/{behind["name"]} in "{behind["namespace"]}"'
    found = endpoints.get(behind["namespace"], behind["name"])
    if found is None:
        return "False", "EndpointsNotFound", f"cannot find endpoints for {where}"
    if not any(subset.get("addresses") for subset in found.get("subsets", ())):
        return "False", "MissingEndpoints", f"endpoints for {where} have no addresses"
    return "True", "Passed", "all checks passed"


async def _tell(client: Client, service: Obj, condition: Condition) -> None:
    conditions = service.get("status", {}).get("conditions", ())
    if any((one["status"], one.get("reason"), one.get("message")) == condition for one in conditions):
        return
    status, reason, message = condition
    said = {"type": "Available", "status": status, "reason": reason, "message": message, "lastTransitionTime": now()}
    # it may be deleted meanwhile, or written again: then the next look will tell
    with suppress(ApiError):
        await client.patch(
            _SERVICES, service["metadata"]["name"], {"status": {"conditions": [said]}}, subresource="status"
        )
