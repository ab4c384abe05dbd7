"""The Jinja2 that playbooks speak: sandboxed, strict, keys before methods, a few filters that drills need."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from jinja2 import StrictUndefined, Undefined
from jinja2.exceptions import UndefinedError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from runner.core import duration

# What one may call on a mapping; everything else a mapping can do is no business of a playbook.
_MAPPING_METHODS = frozenset({"get", "items", "keys", "values"})


class NotThere(StrictUndefined):
    """A key that a mapping lacks; it may still be called when it has the name of a mapping's method."""

    __slots__ = ("method",)

    method: Callable[..., Any] | None


class PlaybookEnvironment(ImmutableSandboxedEnvironment):
    """`object.items` is the key `items`, or an error, never a method; only a call, `labels.items()`, is one."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Prefer keys over attributes."""
        if isinstance(obj, Mapping):
            return _key(obj, attribute)
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Give keys and indexes only: `x['items']` is never a method."""
        if isinstance(obj, Mapping):
            return _key(obj, argument)
        return super().getitem(obj, argument)

    def call(self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: PYI063 - jinja2's own name
        """Call, with the mapping's method where no key hides it."""
        if isinstance(__obj, NotThere):
            __obj = __obj.method or _refuse(__obj)
        return super().call(__context, __obj, *args, **kwargs)


def _key(mapping: Mapping[Any, Any], key: Any) -> Any:
    try:
        return mapping[key]
    except (KeyError, TypeError):
        missing = NotThere(obj=mapping, name=key)
        missing.method = getattr(mapping, key) if key in _MAPPING_METHODS else None
        return missing


def _refuse(missing: Undefined) -> NoReturn:
    raise UndefinedError(f"{missing._undefined_name} is undefined")  # noqa: SLF001 - jinja2 gives no other way to its name


def regex_search(text: str, pattern: str) -> str | None:
    """Give the first group of the first match, or all of the match when there is no group; None without a match."""
    found = re.search(pattern, str(text))
    if not found:
        return None
    groups: tuple[str | None, ...] = found.groups()
    return groups[0] if groups else found.group()


def quantity(text: str | float) -> float:
    """Kubernetes quantities as numbers: `250m` is 0.25, `1Gi` is 1073741824.

    Raises:
        ValueError: it is no quantity.

    """
    found = re.fullmatch(r"([+-]?[0-9.]+(?:[eE][+-]?\d+)?)(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?", str(text))
    if not found:
        raise ValueError(f"{text!r} is no quantity; write 250m, 2 or 1Gi")
    return float(found[1]) * _SUFFIXES[found[2]]


_SUFFIXES: dict[str | None, float] = {
    None: 1.0,
    **{unit: 10.0 ** (3 * power) for power, unit in enumerate(["n", "u", "m", "", *"kMGTPE"], -3)},
    **{f"{unit}i": 1024.0**power for power, unit in enumerate("KMGTPE", 1)},
}


def _made() -> PlaybookEnvironment:
    made = PlaybookEnvironment(undefined=StrictUndefined, keep_trailing_newline=True, cache_size=0)
    made.globals = {"range": made.globals["range"], "dict": dict}
    made.filters |= {
        "b64decode": lambda text: base64.b64decode(text).decode(),
        "b64encode": lambda text: base64.b64encode(str(text).encode()).decode(),
        "from_json": json.loads,
        "quantity": quantity,
        "regex_search": regex_search,
        "seconds": duration.seconds,
        "to_json": json.dumps,
    }
    made.tests |= {
        "match": lambda text, pattern: re.match(pattern, str(text)) is not None,
        "search": lambda text, pattern: re.search(pattern, str(text)) is not None,
    }
    return made


ENVIRONMENT = _made()
