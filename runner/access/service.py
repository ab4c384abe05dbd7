"""Which pod stands behind a Service now: read from its Endpoints, because leader Services have no selector."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.access.not_served import NotServed
from runner.core.pods import is_active

if TYPE_CHECKING:
    from runner.core.target import Cluster, Obj


@dataclass(frozen=True)
class Backend:
    """A port in a pod."""

    pod: str
    port: int
    namespace: str | None = None


async def backends(
    cluster: Cluster, service: str, port: int | str | None = None, namespace: str | None = None
) -> list[Backend]:
    """All ready pods behind a Service; `port` is a number or a name of the Endpoints' ports, None: the first.

    Raises:
        NotServed: there is no such Service, or nobody ready behind it.
        Unreachable: the API does not answer.

    """
    endpoints = await cluster.get("Endpoints", service, namespace)
    if endpoints is None:
        raise NotServed(
            f"Service {service} has no Endpoints: there is no such Service in {namespace or cluster.namespace}"
        )
    found = [one async for one in _pods(cluster, list(_addresses(endpoints, port)), namespace)]
    if not found:
        raise NotServed(f"nobody is ready behind Service {service}{f', port {port}' if port else ''}")
    return found


async def pods(cluster: Cluster, selector: str, port: int, namespace: str | None = None) -> list[Backend]:
    """One backend for each living pod that a label selector matches, in the order of their names; may be empty."""
    found = await cluster.list("Pod", selector, namespace=namespace)
    names = sorted(pod["metadata"]["name"] for pod in found if is_active(pod))
    return [Backend(name, port, namespace) for name in names]


def _addresses(endpoints: Obj, port: int | str | None) -> Iterator[tuple[Obj, int]]:
    for subset in endpoints.get("subsets") or []:
        number = _port(subset.get("ports") or [], port)
        if number is not None:
            yield from ((address, number) for address in subset.get("addresses") or [])


def _port(ports: list[Obj], wanted: int | str | None) -> int | None:
    if wanted is None:
        return int(ports[0]["port"]) if ports else None
    for one in ports:
        if wanted in (one.get("name"), one["port"]):
            return int(one["port"])
    # A leader's Endpoints that name no port still lead to the pod.
    return int(wanted) if not ports and isinstance(wanted, int) else None


async def _pods(cluster: Cluster, addresses: list[tuple[Obj, int]], namespace: str | None) -> AsyncIterator[Backend]:
    by_ip: dict[str, str] | None = None
    for address, port in addresses:
        target = address.get("targetRef") or {}
        name = target.get("name") if target.get("kind", "Pod") == "Pod" else None
        if not name:
            by_ip = by_ip if by_ip is not None else await _names_by_ip(cluster, namespace)
            name = by_ip.get(address.get("ip", ""))
        if name:
            yield Backend(name, port, namespace)


async def _names_by_ip(cluster: Cluster, namespace: str | None) -> dict[str, str]:
    found = await cluster.list("Pod", namespace=namespace)
    return {pod["status"]["podIP"]: pod["metadata"]["name"] for pod in found if pod.get("status", {}).get("podIP")}
