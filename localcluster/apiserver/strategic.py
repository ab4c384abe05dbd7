"""Strategic merge patches: lists of objects are merged by a key that depends on the field."""

from typing import Any

from localcluster.apiserver.errors import bad_request
from localcluster.apiserver.schema import Type, fields
from localcluster.client import Obj

_ORDER, _FROM_LIST, _RETAIN, _PATCH = "$setElementOrder/", "$deleteFromPrimitiveList/", "$retainKeys", "$patch"
# upstream's patchMergeKey tags, by the type inside the list
_MERGE_KEYS = {
    "V1Container": "name",
    "V1EphemeralContainer": "name",
    "V1EnvVar": "name",
    "V1Volume": "name",
    "V1VolumeMount": "mountPath",
    "V1VolumeDevice": "devicePath",
    "V1ContainerPort": "containerPort",
    "V1ServicePort": "port",
    "V1HostAlias": "ip",
    "V1TopologySpreadConstraint": "topologyKey",
    "V1PodResourceClaim": "name",
    "V1PodSchedulingGate": "name",
    "V1OwnerReference": "uid",
    "V1ResourceStatus": "name",
    "V1PodIP": "ip",
    "V1HostIP": "ip",
    "V1NodeAddress": "type",
    "V1PodResourceClaimStatus": "name",
}
_MERGE_FIELDS = {("V1PodSpec", "imagePullSecrets"): "name", ("V1ServiceAccount", "secrets"): "name"}
_UNMERGED = {
    # conditions of these types are replaced as a whole upstream
    ("V1APIServiceStatus", "conditions"): False,
}
# lists of scalars that are united instead of replaced
_UNITED = {("V1ObjectMeta", "finalizers"), ("V1NodeSpec", "podCIDRs")}


def strategic_merge(original: Obj, patch: Obj, type_name: str) -> Obj:
    """Apply a strategic merge patch to an object of a type such as `V1Deployment`; the original stays as it is."""
    return _merge(original, patch, type_name)


def _merge(original: Any, patch: Obj, type_name: str) -> Obj:
    base = original if isinstance(original, dict) else {}
    directive = patch.get(_PATCH)
    if directive == "replace":
        return {key: value for key, value in patch.items() if not key.startswith("$")}
    if directive == "delete":
        return {}
    if directive not in (None, "merge"):
        raise bad_request(f"unrecognized $patch directive: {directive!r}")
    result = dict(base)
    if keep := patch.get(_RETAIN):
        result = {key: value for key, value in result.items() if key in keep}
    for key, value in patch.items():
        if not key.startswith("$"):
            _merge_field(result, key, value, type_name)
    _drop_from_lists(result, patch)
    _order_lists(result, patch, type_name)
    return result


def _merge_field(result: Obj, key: str, value: Any, type_name: str) -> None:
    declared = _declared(type_name, key)
    if value is None:
        result.pop(key, None)
    elif isinstance(value, dict):
        inner = declared.name or (declared.item.name if declared.item else "")
        merged = _merge(result.get(key), value, inner)
        if value.get(_PATCH) == "delete":
            result.pop(key, None)
        else:
            result[key] = merged
    elif isinstance(value, list):
        result[key] = _merge_list(result.get(key) or [], value, declared, (type_name, key))
    else:
        result[key] = value


def _merge_list(original: list[Any], patch: list[Any], declared: Type, where: tuple[str, str]) -> list[Any]:
    if where in _UNITED:
        return original + [one for one in patch if one not in original]
    name = declared.item.name if declared.item else ""
    key = _merge_key(name, where)
    if key is None or any(isinstance(one, dict) and one.get(_PATCH) == "replace" for one in patch):
        return [
            _without_directives(one) for one in patch if not (isinstance(one, dict) and one.get(_PATCH) == "replace")
        ]
    result = list(original)
    for one in patch:
        _merge_element(result, one, key, name)
    return result


def _merge_element(result: list[Any], element: Any, key: str, type_name: str) -> None:
    if not isinstance(element, dict) or key not in element:
        raise bad_request(f"map: {element!r} does not contain declared merge key: {key}")
    places = [index for index, one in enumerate(result) if one.get(key) == element[key]]
    if element.get(_PATCH) == "delete":
        for index in reversed(places):
            del result[index]
    elif places:
        result[places[0]] = _merge(result[places[0]], element, type_name)
    else:
        result.append(_merge({}, element, type_name))


def _merge_key(type_name: str, where: tuple[str, str]) -> str | None:
    if where in _UNMERGED:
        return None
    if type_name.endswith("Condition"):
        return "type"
    return _MERGE_FIELDS.get(where) or _MERGE_KEYS.get(type_name)


def _drop_from_lists(result: Obj, patch: Obj) -> None:
    for key, gone in patch.items():
        if key.startswith(_FROM_LIST):
            name = key.removeprefix(_FROM_LIST)
            result[name] = [one for one in result.get(name) or [] if one not in gone]


def _order_lists(result: Obj, patch: Obj, type_name: str) -> None:
    for directive, order in patch.items():
        name = directive.removeprefix(_ORDER)
        if not directive.startswith(_ORDER) or not isinstance(result.get(name), list):
            continue
        declared = _declared(type_name, name)
        key = _merge_key(declared.item.name if declared.item else "", (type_name, name))
        result[name] = _ordered(result[name], order, key)


def _ordered(elements: list[Any], order: list[Any], key: str | None) -> list[Any]:
    """Bring the named elements into the wanted order; the server's own stay behind the one they followed."""

    def mark(one: Any) -> Any:
        return one.get(key) if key and isinstance(one, dict) else one

    rank = {mark(one): index for index, one in enumerate(order)}
    placed, last = [], -1
    for index, one in enumerate(elements):
        last = rank.get(mark(one), last) if mark(one) in rank else last
        placed.append(((rank.get(mark(one), last), mark(one) not in rank, index), one))
    return [one for _, one in sorted(placed, key=lambda pair: pair[0])]


def _declared(type_name: str, key: str) -> Type:
    try:
        return fields(type_name)[key].type
    except KeyError:
        return Type("any")


def _without_directives(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return {key: one for key, one in value.items() if not key.startswith("$")}
