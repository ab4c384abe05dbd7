"""Objects as they may be shown: without the API's bookkeeping and without the values of Secrets."""

from __future__ import annotations

import copy
import re

from runner.core.target import Obj

HIDDEN = "(hidden)"
_BOOKKEEPING = "kubectl.kubernetes.io/last-applied-configuration"
_SECRET_NAME = re.compile(r"pass|secret|token|credential|api_?key|private", re.IGNORECASE)


def shown(item: Obj) -> Obj:
    """A copy that may be logged. In a Secret the keys stay; an env value whose name sounds secret goes."""
    copied = copy.deepcopy(item)
    metadata = copied.get("metadata") or {}
    metadata.pop("managedFields", None)
    (metadata.get("annotations") or {}).pop(_BOOKKEEPING, None)
    if copied.get("kind") == "Secret":
        for part in ("data", "stringData"):
            if copied.get(part):
                copied[part] = dict.fromkeys(copied[part], HIDDEN)
    _hide_env(copied.get("spec"))
    return copied


def _hide_env(part: object) -> None:
    if isinstance(part, list):
        for one in part:
            _hide_env(one)
    elif isinstance(part, dict):
        for one in part.get("env") or []:
            if isinstance(one, dict) and one.get("value") and _SECRET_NAME.search(str(one.get("name"))):
                one["value"] = HIDDEN
        for one in part.values():
            _hide_env(one)
