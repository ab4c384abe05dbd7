"""The objects that a cluster has from the start, and those that each namespace has."""

from localcluster.apiserver import services
from localcluster.apiserver.admission import ROOT_CA
from localcluster.apiserver.registry import Options, Registry
from localcluster.apiserver.resources import BY_KEY
from localcluster.client import Obj

NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
PROVISIONER = "localcluster/folder"
_DEFAULT_STORAGE = {"storageclass.kubernetes.io/is-default-class": "true"}
_DEFAULT_INGRESS = {"ingressclass.kubernetes.io/is-default-class": "true"}


def bootstrap(registry: Registry, authority: str, *, endpoint: str, port: int) -> None:
    """Create what every cluster has; `authority` is the CA as PEM; pods reach this server at `endpoint`, `port`."""

    def after_namespace(name: str) -> None:
        _create(registry, "serviceaccounts", name, {"metadata": {"name": "default"}})
        _create(registry, "configmaps", name, {"metadata": {"name": ROOT_CA}, "data": {"ca.crt": authority}})

    registry.after_namespace = after_namespace
    for name in NAMESPACES:
        _create(registry, "namespaces", None, {"metadata": {"name": name}})
    _classes(registry)
    _own_service(registry, endpoint, port)
    _dns_service(registry)


def _classes(registry: Registry) -> None:
    meta = {"name": "standard", "annotations": _DEFAULT_STORAGE}
    _create(
        registry,
        "storageclasses.storage.k8s.io",
        None,
        {"metadata": meta, "provisioner": PROVISIONER, "volumeBindingMode": "WaitForFirstConsumer"},
    )
    meta = {"name": "nginx", "annotations": _DEFAULT_INGRESS}
    spec = {"controller": "localcluster/nginx"}
    _create(registry, "ingressclasses.networking.k8s.io", None, {"metadata": meta, "spec": spec})
    for name, value in (("system-node-critical", 2000001000), ("system-cluster-critical", 2000000000)):
        _create(registry, "priorityclasses.scheduling.k8s.io", None, {"metadata": {"name": name}, "value": value})


def _own_service(registry: Registry, endpoint: str, port: int) -> None:
    labels = {"component": "apiserver", "provider": "kubernetes"}
    ports = [{"name": "https", "port": 443, "targetPort": port}]
    service: Obj = {"metadata": {"name": "kubernetes", "labels": labels}}
    _create(registry, "services", "default", service | {"spec": {"clusterIP": services.KUBERNETES, "ports": ports}})
    subset = {"addresses": [{"ip": endpoint}], "ports": [{"name": "https", "port": port}]}
    meta = {"name": "kubernetes", "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}}
    _create(registry, "endpoints", "default", {"metadata": meta, "subsets": [subset]})
    slice_: Obj = {"metadata": {"name": "kubernetes", "labels": {"kubernetes.io/service-name": "kubernetes"}}}
    slice_ |= {"addressType": "IPv4", "ports": [{"name": "https", "port": port}]}
    slice_ |= {"endpoints": [{"addresses": [endpoint], "conditions": {"ready": True}}]}
    _create(registry, "endpointslices.discovery.k8s.io", "default", slice_)


def _dns_service(registry: Registry) -> None:
    # without a selector: this process answers DNS itself
    ports = [{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53, "protocol": "TCP"}]
    meta = {"name": "kube-dns", "labels": {"k8s-app": "kube-dns"}}
    spec = {"clusterIP": services.DNS, "ports": ports}
    _create(registry, "services", "kube-system", {"metadata": meta, "spec": spec})


def _create(registry: Registry, resource: str, namespace: str | None, obj: Obj) -> None:
    registry.create(BY_KEY[resource], namespace, obj, Options())


__all__ = ["NAMESPACES", "PROVISIONER", "bootstrap"]
