"""Objects as they may be shown: without the API's bookkeeping and without the values of Secrets."""

from __future__ import annotations

import re
from typing import Any

from runner.core.target import Obj

HIDDEN = "(hidden)"
_BOOKKEEPING = "kubectl.kubernetes.io/last-applied-configuration"
_SECRET_NAME = re.compile(r"pass|secret|token|credential|api_?key|private", re.IGNORECASE)


def shown(item: Obj) -> Obj:
    """A copy that may be logged. In a Secret the keys stay; an env value whose name sounds secret goes."""
    copied: Obj = _copied(item)
    metadata = copied.get("metadata") or {}
    metadata.pop("managedFields", None)
    (metadata.get("annotations") or {}).pop(_BOOKKEEPING, None)
    if copied.get("kind") == "Secret":
        for part in ("data", "stringData"):
            if copied.get(part):
                copied[part] = dict.fromkeys(copied[part], HIDDEN)
    return copied


def _copied(part: Any) -> Any:
    """A deep copy of plain data, ten times as fast as copy.deepcopy, which every look would feel."""
    if isinstance(part, dict):
        made = {key: _copied(value) for key, value in part.items()}
        if "env" in made:
            _hide(made["env"])
        return made
    return [_copied(one) for one in part] if isinstance(part, list) else part


def _hide(env: Any) -> None:
    for one in env if isinstance(env, list) else ():
        if isinstance(one, dict) and one.get("value") and _SECRET_NAME.search(str(one.get("name"))):
            one["value"] = HIDDEN
