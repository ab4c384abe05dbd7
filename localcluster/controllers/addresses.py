"""Which pods stand behind a Service, and on which ports."""

from dataclasses import dataclass

from localcluster.client import Obj
from localcluster.controllers import podstate
from localcluster.controllers.cluster import Cluster
from localcluster.selectors import from_labels


@dataclass(frozen=True)
class Backend:
    """One pod behind a Service."""

    pod: Obj
    ip: str
    ready: bool
    """Ready by its condition, or published although it is not."""
    serving: bool
    terminating: bool
    ports: tuple[tuple[str, int, str, str], ...]
    """(name, number, protocol, appProtocol); ports whose name the pod does not have are left out."""


def backends(cluster: Cluster, service: Obj) -> list[Backend]:
    """Give the pods of a Service that have an address, in order of their addresses."""
    namespace, selector = service["metadata"]["namespace"], service["spec"].get("selector")
    if not selector:
        return []
    pods = cluster.informer("pods").select(namespace, selector)
    found = [_backend(service, pod) for pod in pods if (pod.get("status") or {}).get("podIP")]
    return sorted((one for one in found if not podstate.is_finished(one.pod)), key=lambda one: one.ip)


def services_of(cluster: Cluster, pod: Obj) -> list[tuple[str, str]]:
    """Give the keys of the Services that select a pod."""
    namespace, labels = pod["metadata"]["namespace"], pod["metadata"].get("labels") or {}
    return [
        (namespace, service["metadata"]["name"])
        for service in cluster.items("services", namespace)
        if (selector := service["spec"].get("selector")) and from_labels(selector).matches(labels)
    ]


def is_headless(service: Obj) -> bool:
    """Say whether a Service has no address of its own."""
    return bool(service["spec"].get("clusterIP") == "None")


def hostname_of(service: Obj, pod: Obj) -> str:
    """Give the name under which DNS knows a pod of this Service, or nothing."""
    spec = pod["spec"]
    return str(spec.get("hostname") or "") if spec.get("subdomain") == service["metadata"]["name"] else ""


def reference(pod: Obj) -> Obj:
    """Refer to a pod as endpoints do."""
    meta = pod["metadata"]
    return {"kind": "Pod", "name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"]}


def _backend(service: Obj, pod: Obj) -> Backend:
    serving = podstate.is_ready(pod)
    terminating = podstate.is_terminating(pod)
    published = bool(service["spec"].get("publishNotReadyAddresses"))
    return Backend(
        pod=pod,
        ip=pod["status"]["podIP"],
        ready=published or (serving and not terminating),
        serving=serving,
        terminating=terminating,
        ports=tuple(port for given in service["spec"].get("ports") or () if (port := _port(given, pod))),
    )


def _port(given: Obj, pod: Obj) -> tuple[str, int, str, str] | None:
    target = given.get("targetPort") or given["port"]
    number = target if isinstance(target, int) else _named(pod, target, given.get("protocol", "TCP"))
    if not number:
        return None
    return given.get("name", ""), number, given.get("protocol", "TCP"), given.get("appProtocol", "")


def _named(pod: Obj, name: str, protocol: str) -> int:
    if name.isdigit():
        return int(name)
    sidecars = [one for one in pod["spec"].get("initContainers") or () if one.get("restartPolicy") == "Always"]
    for container in [*(pod["spec"].get("containers") or ()), *sidecars]:
        for port in container.get("ports") or ():
            if port.get("name") == name and port.get("protocol", "TCP") == protocol:
                return int(port["containerPort"])
    return 0
