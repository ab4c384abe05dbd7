"""What upstream refuses in a pod's spec, and in a change of it."""

import re
from collections.abc import Iterator

from localcluster.apiserver import quantity
from localcluster.apiserver.errors import Cause, invalid_value, required, unsupported
from localcluster.apiserver.pod_defaults import containers_of
from localcluster.client import Obj

Causes = Iterator[Cause]
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_VARIABLE = re.compile(r"[ -<>-~]+")  # printable ASCII without "="
_RULE = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-'"
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc")


def check_spec(spec: Obj, path: str) -> Causes:
    """Judge a pod's spec, in a pod or a template."""
    if not spec.get("containers"):
        yield required(f"{path}.containers")
    if spec.get("restartPolicy") not in ("Always", "OnFailure", "Never"):
        yield unsupported(f"{path}.restartPolicy", spec.get("restartPolicy"), ("Always", "Never", "OnFailure"))
    if spec.get("terminationGracePeriodSeconds", 0) < 0:
        yield invalid_value(
            f"{path}.terminationGracePeriodSeconds", spec["terminationGracePeriodSeconds"], "must be >= 0"
        )
    yield from _volumes(spec, path)
    volumes = {one["name"] for one in spec.get("volumes", ())}
    seen: set[str] = set()
    for section in ("initContainers", "containers"):
        for index, container in enumerate(spec.get(section, ())):
            where = f"{path}.{section}[{index}]"
            if container["name"] in seen:
                yield Cause(f"{where}.name", f'Duplicate value: "{container["name"]}"', "FieldValueDuplicate")
            seen.add(container["name"])
            yield from _container(container, where, volumes)


def check_change(old: Obj, new: Obj) -> Causes:
    """Judge an update of a pod: images, deadline and more tolerations are all that may change."""
    before = old["spec"]
    if "nodeName" not in before and "nodeName" in new["spec"]:  # the scheduler may bind a pod by an update
        before = before | {"nodeName": new["spec"]["nodeName"]}
    if _fixed(before) == _fixed(new["spec"]) and _tolerates_no_less(before, new["spec"]):
        return
    allowed = "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,"
    allowed += "`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` "
    allowed += "(allow it to be set to 1 if it was previously negative)"
    yield Cause("spec", f"Forbidden: pod updates may not change fields other than {allowed}", "FieldValueForbidden")


def _fixed(spec: Obj) -> Obj:
    free = ("activeDeadlineSeconds", "tolerations", "containers", "initContainers")
    rest = {key: value for key, value in spec.items() if key not in free}
    rest |= {"plain": [{key: value for key, value in one.items() if key != "image"} for one in containers_of(spec)]}
    return rest


def _tolerates_no_less(old: Obj, new: Obj) -> bool:
    kept = new.get("tolerations", [])
    return all(one in kept for one in old.get("tolerations", []))


def _volumes(spec: Obj, path: str) -> Causes:
    seen: set[str] = set()
    for index, volume in enumerate(spec.get("volumes", ())):
        where, name = f"{path}.volumes[{index}]", volume["name"]
        if not _LABEL.fullmatch(name):
            yield invalid_value(f"{where}.name", name, _RULE)
        if name in seen:
            yield Cause(f"{where}.name", f'Duplicate value: "{name}"', "FieldValueDuplicate")
        seen.add(name)
        if len(volume) > 2:
            yield Cause(where, "Forbidden: may not specify more than 1 volume type", "FieldValueForbidden")


def _container(container: Obj, path: str, volumes: set[str]) -> Causes:
    if not _LABEL.fullmatch(container["name"]):
        yield invalid_value(f"{path}.name", container["name"], _RULE)
    if not container.get("image"):
        yield required(f"{path}.image")
    if container.get("imagePullPolicy") not in ("Always", "IfNotPresent", "Never"):
        allowed = ("Always", "IfNotPresent", "Never")
        yield unsupported(f"{path}.imagePullPolicy", container.get("imagePullPolicy"), allowed)
    for index, mount in enumerate(container.get("volumeMounts", ())):
        if mount["name"] not in volumes:
            yield Cause(f"{path}.volumeMounts[{index}].name", f'Not found: "{mount["name"]}"', "FieldValueNotFound")
    for index, variable in enumerate(container.get("env", ())):
        if not _VARIABLE.fullmatch(variable["name"]):
            yield invalid_value(f"{path}.env[{index}].name", variable["name"], "must be printable ASCII without '='")
    yield from _ports(container, path)
    yield from _probes(container, path)
    yield from _resources(container.get("resources", {}), f"{path}.resources")


def _ports(container: Obj, path: str) -> Causes:
    for index, port in enumerate(container.get("ports", ())):
        where = f"{path}.ports[{index}]"
        if not 0 < port["containerPort"] < 65536:
            yield invalid_value(
                f"{where}.containerPort", port["containerPort"], "must be between 1 and 65535, inclusive"
            )
        if port["protocol"] not in ("TCP", "UDP", "SCTP"):
            yield unsupported(f"{where}.protocol", port["protocol"], ("SCTP", "TCP", "UDP"))


def _probes(container: Obj, path: str) -> Causes:
    for name in _PROBES:
        probe = container.get(name)
        if probe is None:
            continue
        handlers = [one for one in _HANDLERS if one in probe]
        if not handlers:
            yield required(f"{path}.{name}", "must specify a handler type")
        elif len(handlers) > 1:
            yield Cause(f"{path}.{name}", "Forbidden: may not specify more than 1 handler type", "FieldValueForbidden")
        if name != "readinessProbe" and probe["successThreshold"] != 1:
            yield invalid_value(f"{path}.{name}.successThreshold", probe["successThreshold"], "must be 1")


def _resources(resources: Obj, path: str) -> Causes:
    limits = resources.get("limits", {})
    for name, request in resources.get("requests", {}).items():
        if name in limits and quantity.parse(request) > quantity.parse(limits[name]):
            message = f"must be less than or equal to {name} limit of {limits[name]}"
            yield invalid_value(f"{path}.requests", request, message)
