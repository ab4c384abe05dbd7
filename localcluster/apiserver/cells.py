"""What stands in one cell of `kubectl get`: functions from an object to a text or number."""

from collections.abc import Callable
from typing import Any

from localcluster.apiserver.ages import age, duration
from localcluster.apiserver.store import field_of
from localcluster.client import Obj

Cell = Callable[[Obj], Any]
NONE = "<none>"


def at(path: str, otherwise: Any = NONE) -> Cell:
    """Show the value at a path."""

    def cell(obj: Obj) -> Any:
        value = field_of(obj, path)
        return otherwise if value in (None, "") else value

    return cell


def count(path: str) -> Cell:
    """Show how many entries a map or list has."""
    return lambda obj: len(field_of(obj, path) or ())


def joined(values: Callable[[Obj], list[Any]], separator: str = ",") -> Cell:
    """Show a list."""
    return lambda obj: separator.join(str(one) for one in values(obj)) or NONE


def name_of(obj: Obj) -> str:
    """The name."""
    return str(obj["metadata"]["name"])


def age_of(obj: Obj) -> str:
    """How long it exists."""
    return age(obj["metadata"].get("creationTimestamp"))


def out_of(have: str, want: str, otherwise: int = 0) -> Cell:
    """Show `3/5`."""
    return lambda obj: f"{field_of(obj, have) or 0}/{otherwise if (n := field_of(obj, want)) is None else n}"


def in_template(part: str) -> Cell:
    """Show one field of each container of the pod template."""
    return joined(lambda obj: [one.get(part, "") for one in field_of(obj, "spec.template.spec.containers") or ()])


def selector_at(path: str = "spec.selector") -> Cell:
    """Show a label selector."""

    def cell(obj: Obj) -> str:
        selector = field_of(obj, path) or {}
        pairs = [f"{key}={value}" for key, value in sorted((selector.get("matchLabels") or {}).items())]
        for one in selector.get("matchExpressions") or ():
            values = f" ({','.join(one['values'])})" if one.get("values") else ""
            pairs.append(f"{one['key']} {one['operator'].lower()}{values}")
        return ",".join(pairs) or NONE

    return cell


def labels_at(path: str) -> Cell:
    """Show a label map."""
    return joined(lambda obj: [f"{key}={value}" for key, value in sorted((field_of(obj, path) or {}).items())])


def ports(obj: Obj) -> str:
    """A Service's ports."""
    ports = obj["spec"].get("ports", ())
    return ",".join(f"{one['port']}/{one.get('protocol', 'TCP')}" for one in ports) or NONE


def addresses(obj: Obj) -> str:
    """The first three addresses of an Endpoints object."""
    found = [
        f"{address['ip']}:{port['port']}"
        for subset in obj.get("subsets", ())
        for port in subset.get("ports", ()) or ({"port": ""},)
        for address in subset.get("addresses", ())
    ]
    return f"{','.join(found[:3])} + {len(found) - 3} more..." if len(found) > 3 else ",".join(found) or NONE


def slice_ports(obj: Obj) -> str:
    """An EndpointSlice's ports."""
    return ",".join(str(one.get("port")) for one in obj.get("ports") or ()) or "<unset>"


def slice_addresses(obj: Obj) -> str:
    """The first three addresses of an EndpointSlice."""
    found = [address for one in obj.get("endpoints") or () for address in one["addresses"]]
    return f"{','.join(found[:3])} + {len(found) - 3} more..." if len(found) > 3 else ",".join(found) or "<unset>"


def node_status(obj: Obj) -> str:
    """Ready, NotReady or Unknown, and whether it takes new pods."""
    conditions = field_of(obj, "status.conditions") or ()
    ready = next((one["status"] for one in conditions if one["type"] == "Ready"), None)
    text = {"True": "Ready", None: "Unknown"}.get(ready, "NotReady")
    return f"{text},SchedulingDisabled" if obj["spec"].get("unschedulable") else text


def node_roles(obj: Obj) -> str:
    """The roles that labels tell."""
    prefix = "node-role.kubernetes.io/"
    labels = obj["metadata"].get("labels", {})
    return ",".join(sorted(key.removeprefix(prefix) for key in labels if key.startswith(prefix))) or NONE


def node_address(kind: str) -> Cell:
    """Show the first address of one type."""

    def cell(obj: Obj) -> str:
        addresses = field_of(obj, "status.addresses") or ()
        return next((str(one["address"]) for one in addresses if one["type"] == kind), NONE)

    return cell


def job_status(obj: Obj) -> str:
    """How far a Job is, in a word."""
    conditions = {one["type"] for one in field_of(obj, "status.conditions") or () if one["status"] == "True"}
    for name, text in (("Complete", "Complete"), ("Failed", "Failed"), ("Suspended", "Suspended")):
        if name in conditions:
            return text
    return "Terminating" if "deletionTimestamp" in obj["metadata"] else "Running"


def job_duration(obj: Obj) -> str:
    """How long a Job took, or takes."""
    start, end = field_of(obj, "status.startTime"), field_of(obj, "status.completionTime")
    return duration(start, end) if start else ""


def targets(obj: Obj) -> str:
    """An autoscaler's metrics: seen/wanted."""
    current = field_of(obj, "status.currentMetrics") or []
    texts = []
    for index, metric in enumerate(obj["spec"].get("metrics", ())):
        seen = current[index] if index < len(current) else {}
        texts.append(_target(metric, seen))
    return ", ".join(texts) or NONE


def _target(metric: Obj, seen: Obj) -> str:
    source = metric["type"][0].lower() + metric["type"][1:]
    wanted = (metric.get(source) or {}).get("target", {})
    found = (seen.get(source) or {}).get("current", {})
    name = (metric.get(source) or {}).get("name")
    prefix = f"{name}: " if name else ""
    if "averageUtilization" in wanted:
        percent = found.get("averageUtilization")
        return f"{prefix}{'<unknown>' if percent is None else f'{percent}%'}/{wanted['averageUtilization']}%"
    key = "averageValue" if "averageValue" in wanted else "value"
    suffix = " (avg)" if key == "averageValue" else ""
    return f"{prefix}{found.get(key, '<unknown>')}/{wanted.get(key, NONE)}{suffix}"


def quota(section: str) -> Cell:
    """Show used/hard, of the limits or of all others."""

    def cell(obj: Obj) -> str:
        hard = field_of(obj, "status.hard") or field_of(obj, "spec.hard") or {}
        used = field_of(obj, "status.used") or {}
        limits = {key for key in hard if key.startswith("limits.")}
        names = sorted(limits if section == "limits" else hard.keys() - limits)
        return ", ".join(f"{name}: {used.get(name, '0')}/{hard[name]}" for name in names)

    return cell


def hosts(obj: Obj) -> str:
    """An Ingress's hosts."""
    hosts = [rule["host"] for rule in obj["spec"].get("rules", ()) if rule.get("host")]
    return ",".join(hosts) or "*"


def event_object(obj: Obj) -> str:
    """What an event is about."""
    involved = obj["involvedObject"]
    return f"{involved.get('kind', '').lower()}/{involved.get('name', '')}"


def last_seen(obj: Obj) -> str:
    """When an event happened last."""
    return age(field_of(obj, "series.lastObservedTime") or obj.get("lastTimestamp") or obj.get("eventTime"))


def volume_claim(obj: Obj) -> str:
    """The claim that a volume is bound to."""
    claim = obj["spec"].get("claimRef")
    return f"{claim.get('namespace')}/{claim.get('name')}" if claim else ""


_MODES = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"}


def modes(path: str) -> Cell:
    """Show access modes, abbreviated."""
    return lambda obj: ",".join(_MODES.get(one, one) for one in field_of(obj, path) or ())


def phase(obj: Obj) -> str:
    """The phase, or Terminating."""
    if "deletionTimestamp" in obj["metadata"]:
        return "Terminating"
    return str(field_of(obj, "status.phase") or "")


def is_default(kind: str) -> Cell:
    """Show the name, and whether it is the default class."""

    def cell(obj: Obj) -> str:
        key = f"{kind}.kubernetes.io/is-default-class"
        default = obj["metadata"].get("annotations", {}).get(key) == "true"
        return f"{name_of(obj)} (default)" if default else name_of(obj)

    return cell


def yes_no(path: str) -> Cell:
    """Show true or false."""
    return lambda obj: str(bool(field_of(obj, path))).lower()


def role(obj: Obj) -> str:
    """The role that a binding gives."""
    return f"{obj['roleRef'].get('kind')}/{obj['roleRef'].get('name')}"
