"""Where a cluster's ingress can be reached from outside, guessed from what the API says."""

from __future__ import annotations

import json
from typing import Any

from runner.core.target import ApiRefused, Cluster


async def load_balancer(cluster: Cluster) -> str | None:
    """The address of the first LoadBalancer Service that has one and serves port 80; None when there is none."""
    try:
        services: list[Any] = json.loads(await cluster.read("/api/v1/services"))["items"]
    except ApiRefused:
        return None
    for service in services:
        given = service.get("status", {}).get("loadBalancer", {}).get("ingress") or []
        serves = any(port["port"] == 80 for port in service["spec"].get("ports") or [])
        if given and serves:
            return f"http://{given[0].get('ip') or given[0].get('hostname')}"
    return None


async def node(cluster: Cluster) -> str | None:
    """The internal address of the first node; None when the API tells none."""
    try:
        nodes = await cluster.list("Node")
    except ApiRefused:
        return None
    for one in nodes:
        for address in one["status"].get("addresses") or []:
            if address["type"] == "InternalIP":
                return f"http://{address['address']}"
    return None
