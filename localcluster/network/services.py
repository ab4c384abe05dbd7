"""Decides where connections to the addresses of Services go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .addresses import LOCAL

Obj = dict[str, Any]
_NAME_LABEL = "kubernetes.io/service-name"


@dataclass(frozen=True, order=True)
class Route:
    """One port of a Service, and the pods behind it."""

    ip: str
    protocol: str
    """TCP, UDP or SCTP."""
    port: int
    backends: tuple[tuple[str, int], ...]
    """(address, port); none: connections are refused."""


def routes(services: Iterable[Obj], slices: Iterable[Obj]) -> list[Route]:
    """Compute all routes, sorted; what the cluster itself answers (API, DNS) is left out."""
    by_service: dict[tuple[str, str], list[Obj]] = {}
    for piece in slices:
        name = piece["metadata"].get("labels", {}).get(_NAME_LABEL)
        if name and piece.get("addressType", "IPv4") == "IPv4":
            by_service.setdefault((piece["metadata"]["namespace"], name), []).append(piece)
    found: list[Route] = []
    for service in services:
        meta = service["metadata"]
        found += _of(service, by_service.get((meta["namespace"], meta["name"]), []))
    return sorted(set(found))


def _of(service: Obj, slices: list[Obj]) -> Iterable[Route]:
    spec = service.get("spec", {})
    ip = spec.get("clusterIP") or "None"
    if ip == "None" or ip in LOCAL or spec.get("type") == "ExternalName":
        return
    for port in spec.get("ports") or []:
        protocol = port.get("protocol", "TCP")
        backends = _backends(slices, port.get("name") or "", protocol)
        yield Route(ip, protocol, port["port"], tuple(sorted(backends)))


def _backends(slices: list[Obj], name: str, protocol: str) -> set[tuple[str, int]]:
    """Take the ready endpoints; when there is none, those that end but still serve, as kube-proxy does."""
    ready, serving = set(), set()
    for piece in slices:
        for port in piece.get("ports") or []:
            if (port.get("name") or "") != name or port.get("protocol", "TCP") != protocol or not port.get("port"):
                continue
            for endpoint in piece.get("endpoints") or []:
                state = endpoint.get("conditions") or {}
                target = {(address, int(port["port"])) for address in endpoint["addresses"][:1]}
                if state.get("ready") is not False:
                    ready |= target
                elif state.get("serving") and state.get("terminating"):
                    serving |= target
    return ready or serving
