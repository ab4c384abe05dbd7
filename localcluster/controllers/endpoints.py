"""Endpoints: the addresses behind each Service with a selector. Those of others belong to whoever made them."""

from localcluster.client import ApiError, Obj
from localcluster.controllers.addresses import Backend, backends, hostname_of, is_headless, reference, services_of
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.controller import Controller
from localcluster.controllers.kinds import key_of

MANAGED = "endpoints.kubernetes.io/managed-by"
_HEADLESS = "service.kubernetes.io/headless"
_OURS = "endpoint-controller"


class EndpointsController(Controller):
    """Follows Services and pods."""

    name = "endpoint-controller"

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self.follow_self("services")
        self.follow("pods", lambda pod: services_of(cluster, pod))
        cluster.informer("endpoints")

    async def sync(self, namespace: str, name: str) -> None:
        """Write the addresses of one Service."""
        service = self.cluster.get("services", namespace, name)
        known = self.cluster.get("endpoints", namespace, name)
        if service is None:
            # only what we made: Patroni's leader Endpoints may have no Service at all
            if known is not None and (known["metadata"].get("labels") or {}).get(MANAGED) == _OURS:
                await self.cluster.delete("endpoints", known)
            return
        if not service["spec"].get("selector") or service["spec"].get("type") == "ExternalName":
            return
        await self._write(service, known, subsets(backends(self.cluster, service), service))

    async def _write(self, service: Obj, known: Obj | None, wanted: list[Obj]) -> None:
        labels = dict(service["metadata"].get("labels") or {}) | {MANAGED: _OURS}
        if is_headless(service):
            labels[_HEADLESS] = ""
        if known is None:
            namespace, name = key_of(service)
            meta = {"name": name, "namespace": namespace, "labels": labels}
            await self._create({"apiVersion": "v1", "kind": "Endpoints", "metadata": meta, "subsets": wanted})
        elif (known.get("subsets") or []) != wanted or (known["metadata"].get("labels") or {}) != labels:
            new = {**known, "metadata": {**known["metadata"], "labels": labels}, "subsets": wanted}
            await self.cluster.update("endpoints", new)

    async def _create(self, endpoints: Obj) -> None:
        try:
            await self.cluster.create("endpoints", endpoints)
        except ApiError as error:
            if error.code != 403:  # the namespace is going
                raise


def subsets(found: list[Backend], service: Obj) -> list[Obj]:
    """Group addresses by the ports they have, as the API wants them: sorted, ready apart from not ready."""
    groups: dict[tuple[tuple[str, int, str, str], ...], tuple[list[Obj], list[Obj]]] = {}
    for one in found:
        if one.terminating and not one.ready:
            continue
        if not one.ports and service["spec"].get("ports"):
            continue
        ready, unready = groups.setdefault(one.ports, ([], []))
        (ready if one.ready else unready).append(_address(service, one))
    return [_subset(ports, *groups[ports]) for ports in sorted(groups)]


def _address(service: Obj, one: Backend) -> Obj:
    address: Obj = {"ip": one.ip, "targetRef": reference(one.pod)}
    if one.pod["spec"].get("nodeName"):
        address["nodeName"] = one.pod["spec"]["nodeName"]
    if hostname := hostname_of(service, one.pod):
        address["hostname"] = hostname
    return address


def _subset(ports: tuple[tuple[str, int, str, str], ...], ready: list[Obj], unready: list[Obj]) -> Obj:
    subset: Obj = {}
    if ready:
        subset["addresses"] = ready
    if unready:
        subset["notReadyAddresses"] = unready
    if ports:
        subset["ports"] = [_endpoint_port(*port) for port in ports]
    return subset


def _endpoint_port(name: str, number: int, protocol: str, app_protocol: str) -> Obj:
    port: Obj = {"name": name} if name else {}
    port |= {"port": number, "protocol": protocol}
    if app_protocol:
        port["appProtocol"] = app_protocol
    return port
