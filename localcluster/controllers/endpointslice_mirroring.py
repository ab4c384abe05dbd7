"""EndpointSlices that mirror Endpoints made by hand, such as the leader Endpoints that Patroni keeps."""

from localcluster.client import ApiError, Obj
from localcluster.controllers import slices
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.controller import Controller

_KEEPER = "endpointslicemirroring-controller.k8s.io"
_SKIP = "endpointslice.kubernetes.io/skip-mirror"
_LEADER = "control-plane.alpha.kubernetes.io/leader"


class EndpointSliceMirroring(Controller):
    """Follows Endpoints whose Service exists and has no selector."""

    name = "endpoint-slice-mirroring-controller"

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self.follow_self("endpoints")
        self.follow_self("services")
        cluster.informer(slices.SLICES)

    async def sync(self, namespace: str, name: str) -> None:
        """Write the slices of one Endpoints object."""
        endpoints = self.cluster.get("endpoints", namespace, name)
        service = self.cluster.get("services", namespace, name)
        if endpoints is None or service is None or service["spec"].get("selector") or not _mirrored(endpoints):
            await slices.drop(self.cluster, _KEEPER, namespace, name)
            return
        labels = dict(endpoints["metadata"].get("labels") or {})
        try:
            await slices.write(self.cluster, _KEEPER, endpoints, _slices(endpoints), labels)
        except ApiError as error:
            if error.code != 403:  # the namespace is going
                raise


def _mirrored(endpoints: Obj) -> bool:
    meta = endpoints["metadata"]
    skipped = (meta.get("labels") or {}).get(_SKIP) == "true" or _LEADER in (meta.get("annotations") or {})
    return not skipped and "deletionTimestamp" not in meta


def _slices(endpoints: Obj) -> list[Obj]:
    groups: dict[str, Obj] = {}
    for subset in endpoints.get("subsets") or ():
        ports = [_port(port) for port in subset.get("ports") or ()]
        group = groups.setdefault(str(ports), {"addressType": "IPv4", "ports": ports, "endpoints": []})
        for key, ready in (("addresses", True), ("notReadyAddresses", False)):
            group["endpoints"].extend(_endpoint(address, ready=ready) for address in subset.get(key) or ())
    return list(groups.values())


def _port(port: Obj) -> Obj:
    return {"name": port.get("name", ""), "port": port["port"], "protocol": port.get("protocol", "TCP")}


def _endpoint(address: Obj, *, ready: bool) -> Obj:
    endpoint: Obj = {"addresses": [address["ip"]], "conditions": {"ready": ready}}
    for key in ("hostname", "nodeName", "targetRef"):
        if address.get(key):
            endpoint[key] = address[key]
    return endpoint
