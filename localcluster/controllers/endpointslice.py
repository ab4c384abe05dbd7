"""EndpointSlices of Services with a selector."""

from localcluster.client import ApiError, Obj
from localcluster.controllers import slices
from localcluster.controllers.addresses import Backend, backends, hostname_of, is_headless, reference, services_of
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.controller import Controller

_KEEPER = "endpointslice-controller.k8s.io"
_HEADLESS = "service.kubernetes.io/headless"


class EndpointSlices(Controller):
    """Follows Services and pods; terminating pods stay in, marked so that nobody sends them anything new."""

    name = "endpoint-slice-controller"

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster)
        self.follow_self("services")
        self.follow("pods", lambda pod: services_of(cluster, pod))
        self.follow(slices.SLICES, _service)

    async def sync(self, namespace: str, name: str) -> None:
        """Write the slices of one Service."""
        service = self.cluster.get("services", namespace, name)
        if service is None or not service["spec"].get("selector") or service["spec"].get("type") == "ExternalName":
            await slices.drop(self.cluster, _KEEPER, namespace, name)
            return
        if "deletionTimestamp" in service["metadata"]:
            return
        labels = dict(service["metadata"].get("labels") or {})
        if is_headless(service):
            labels[_HEADLESS] = ""
        wanted = _slices(service, backends(self.cluster, service))
        try:
            await slices.write(self.cluster, _KEEPER, service, wanted, labels)
        except ApiError as error:
            if error.code != 403:  # the namespace is going
                raise


def _service(one: Obj) -> list[tuple[str, str]]:
    labels = one["metadata"].get("labels") or {}
    if labels.get(slices.MANAGED) != _KEEPER:
        return []
    return [(one["metadata"]["namespace"], labels.get(slices.SERVICE_NAME, ""))]


def _slices(service: Obj, found: list[Backend]) -> list[Obj]:
    groups: dict[tuple[tuple[str, int, str, str], ...], list[Obj]] = {}
    for one in found:
        groups.setdefault(one.ports, []).append(_endpoint(service, one))
    if not groups:
        groups[()] = []
    return [
        {"addressType": "IPv4", "ports": [_port(*port) for port in ports], "endpoints": ends}
        for ports, ends in groups.items()
    ]


def _endpoint(service: Obj, one: Backend) -> Obj:
    published = bool(service["spec"].get("publishNotReadyAddresses"))
    endpoint: Obj = {
        "addresses": [one.ip],
        "conditions": {"ready": one.ready, "serving": one.serving or published, "terminating": one.terminating},
        "targetRef": reference(one.pod),
    }
    if one.pod["spec"].get("nodeName"):
        endpoint["nodeName"] = one.pod["spec"]["nodeName"]
    if hostname := hostname_of(service, one.pod):
        endpoint["hostname"] = hostname
    return endpoint


def _port(name: str, number: int, protocol: str, app_protocol: str) -> Obj:
    port: Obj = {"name": name, "port": number, "protocol": protocol}
    if app_protocol:
        port["appProtocol"] = app_protocol
    return port
