"""The three-way merge of client-side apply: what was applied last, what is wanted now, what is there.

The whole wanted object is sent as a strategic merge patch, so the server merges lists by their keys, as it knows best;
this module adds what only the client can know: which keys and list items were applied before and are wanted no longer.
It is compatible with `kubectl apply`, since it keeps the same annotation.
"""

from __future__ import annotations

import copy
import json
from typing import Any

from runner.core.target import Obj

ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"

# Lists that the server merges item by item, and the key of an item; all others are replaced as a whole.
_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "volumes": "name",
    "env": "name",
    "volumeMounts": "mountPath",
    "imagePullSecrets": "name",
    "hostAliases": "ip",
    "topologySpreadConstraints": "topologyKey",
}


def with_annotation(manifest: Obj) -> Obj:
    """The manifest with itself in an annotation, as kubectl does, so that the next apply knows what was applied."""
    wanted = copy.deepcopy(manifest)
    metadata = wanted.setdefault("metadata", {})
    (metadata.get("annotations") or {}).pop(ANNOTATION, None)
    text = json.dumps(wanted, separators=(",", ":"), sort_keys=True) + "\n"
    metadata["annotations"] = {**(metadata.get("annotations") or {}), ANNOTATION: text}
    return wanted


def patch(manifest: Obj, live: Obj, *, strategic: bool = True) -> Obj:
    """The patch that makes `live` what `manifest` says. Not `strategic`: a JSON merge patch, for custom resources."""
    wanted = with_annotation(manifest)
    before = (live.get("metadata", {}).get("annotations") or {}).get(ANNOTATION)
    if before is None:
        return wanted
    last = json.loads(before)
    merged = _without_lost(last, copy.deepcopy(manifest), (), strategic=strategic)
    annotations = {**(merged["metadata"].get("annotations") or {}), ANNOTATION: _text_of(wanted)}
    merged["metadata"]["annotations"] = annotations
    return {**merged, "apiVersion": manifest["apiVersion"], "kind": manifest["kind"]}


def _text_of(wanted: Obj) -> str:
    return str(wanted["metadata"]["annotations"][ANNOTATION])


def _without_lost(last: Obj, wanted: Obj, path: tuple[str, ...], *, strategic: bool) -> Obj:
    for key, value in last.items():
        if key not in wanted:
            wanted[key] = None
        elif isinstance(value, dict) and isinstance(wanted[key], dict):
            wanted[key] = _without_lost(value, wanted[key], (*path, key), strategic=strategic)
        elif strategic and isinstance(value, list) and isinstance(wanted[key], list):
            wanted[key] = _items(value, wanted[key], (*path, key))
    return wanted


def _items(last: list[Any], wanted: list[Any], path: tuple[str, ...]) -> list[Any]:
    merge_key = _merge_key(path)
    if merge_key is None:
        return wanted
    old = {item[merge_key]: item for item in last if merge_key in item}
    kept = [_item(old.get(item.get(merge_key)), item, path) for item in wanted]
    names = {item.get(merge_key) for item in wanted}
    return kept + [{"$patch": "delete", merge_key: name} for name in old if name not in names]


def _item(old: Obj | None, item: Obj, path: tuple[str, ...]) -> Obj:
    return item if old is None else _without_lost(old, item, path, strategic=True)


def _merge_key(path: tuple[str, ...]) -> str | None:
    if path[-1] == "ports":
        # of a container, of a Service; those of a NetworkPolicy rule are replaced as a whole
        return "containerPort" if "containers" in path[-2] else "port" if path == ("spec", "ports") else None
    return _KEYS.get(path[-1])
