"""Service links: the addresses of Services as environment variables, as Docker once made them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcluster.client import Obj


def service_env(services: Iterable[Obj]) -> dict[str, str]:
    """Give `REDIS_SERVICE_HOST`, `REDIS_PORT_6379_TCP_ADDR` and so on; headless Services have none."""
    env: dict[str, str] = {}
    for service in services:
        address = service["spec"].get("clusterIP")
        if address and address != "None" and service["spec"].get("ports"):
            env |= _of_one(service["metadata"]["name"].upper().replace("-", "_"), address, service["spec"]["ports"])
    return env


def _of_one(prefix: str, address: str, ports: list[Obj]) -> dict[str, str]:
    env = {f"{prefix}_SERVICE_HOST": address, f"{prefix}_SERVICE_PORT": str(ports[0]["port"])}
    for port in ports:
        if port.get("name"):
            env[f"{prefix}_SERVICE_PORT_{port['name'].upper().replace('-', '_')}"] = str(port["port"])
    env[f"{prefix}_PORT"] = _url(address, ports[0])
    for port in ports:
        protocol = port.get("protocol") or "TCP"
        link = f"{prefix}_PORT_{port['port']}_{protocol}"
        env |= {link: _url(address, port), f"{link}_PROTO": protocol.lower()}
        env |= {f"{link}_PORT": str(port["port"]), f"{link}_ADDR": address}
    return env


def _url(address: str, port: Obj) -> str:
    return f"{(port.get('protocol') or 'TCP').lower()}://{address}:{port['port']}"
