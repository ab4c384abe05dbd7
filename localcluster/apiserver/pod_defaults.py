"""What upstream fills into a pod's spec when nobody said it."""

from collections.abc import Iterator
from typing import Any

from localcluster.client import Obj

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_PROBE: Obj = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_FILE_MODE = 0o644
_MODED = ("secret", "configMap", "downwardAPI", "projected")  # volumes whose files have a mode
_TOKEN_LIFE = 3600  # seconds


def default(target: Obj, **values: Any) -> None:
    """Set what is not there yet."""
    for key, value in values.items():
        target.setdefault(key, value)


def default_pod(pod: Obj) -> None:
    """Fill in a pod: its spec, and requests from limits, which a template does not get."""
    spec = pod["spec"]
    default_pod_spec(spec)
    default(spec, enableServiceLinks=True, preemptionPolicy="PreemptLowerPriority", priority=0)
    for container in containers_of(spec):
        resources = container["resources"]
        if limits := resources.get("limits"):
            resources["requests"] = limits | resources.get("requests", {})


def default_template(template: Obj) -> None:
    """Fill in a pod template."""
    template.setdefault("metadata", {})
    default_pod_spec(template.setdefault("spec", {}))


def default_pod_spec(spec: Obj) -> None:
    """Fill in what pods and templates share."""
    default(
        spec,
        restartPolicy="Always",
        terminationGracePeriodSeconds=30,
        dnsPolicy="ClusterFirst",
        schedulerName="default-scheduler",
        securityContext={},
    )
    if name := spec.get("serviceAccountName") or spec.get("serviceAccount"):
        spec["serviceAccountName"] = spec["serviceAccount"] = name
    for container in containers_of(spec):
        _container(container)
    for volume in spec.get("volumes", ()):
        _volume(volume)


def containers_of(spec: Obj) -> Iterator[Obj]:
    """Give init containers, then the others."""
    yield from spec.get("initContainers", ())
    yield from spec.get("containers", ())


def _container(container: Obj) -> None:
    default(
        container,
        terminationMessagePath="/dev/termination-log",
        terminationMessagePolicy="File",
        imagePullPolicy="Always" if _is_latest(container.get("image", "")) else "IfNotPresent",
        resources={},
    )
    for port in container.get("ports", ()):
        default(port, protocol="TCP")
    for variable in container.get("env", ()):
        _field_reference(variable.get("valueFrom") or {})
    for name in _PROBES:
        if probe := container.get(name):
            default(probe, **_PROBE)
            _handler(probe)
    for hook in (container.get("lifecycle") or {}).values():
        if isinstance(hook, dict):
            _handler(hook)


def _handler(handler: Obj) -> None:
    if get := handler.get("httpGet"):
        default(get, path="/", scheme="HTTP")
    if grpc := handler.get("grpc"):
        default(grpc, service="")


def _field_reference(source: Obj) -> None:
    if reference := source.get("fieldRef"):
        default(reference, apiVersion="v1")


def _volume(volume: Obj) -> None:
    if len(volume) == 1:  # a name and no source
        volume["emptyDir"] = {}
    for kind in _MODED:
        if kind in volume:
            default(volume[kind], defaultMode=_FILE_MODE)
    if "hostPath" in volume:
        default(volume["hostPath"], type="")
    for item in (volume.get("downwardAPI") or {}).get("items", ()):
        _field_reference(item)
    for source in (volume.get("projected") or {}).get("sources", ()):
        _projection(source)


def _projection(source: Obj) -> None:
    if token := source.get("serviceAccountToken"):
        default(token, expirationSeconds=_TOKEN_LIFE)
    for item in (source.get("downwardAPI") or {}).get("items", ()):
        _field_reference(item)


def _is_latest(image: str) -> bool:
    if "@" in image:
        return False
    _, _, tag = image.rpartition("/")[2].partition(":")
    return tag in ("", "latest")
