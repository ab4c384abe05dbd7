"""The JSON schema of the whole language, from the classes of its keys and of the step kinds, for editors."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from runner.core.step import Load, Probe, Step
from runner.playbook.language import (
    ClusterSecret,
    EnvSecret,
    FileSecret,
    IncludeArgs,
    IncludeKeys,
    InventoryKeys,
    Keys,
    ParallelKeys,
    PlaybookKeys,
    PlayKeys,
    StepKeys,
)

_DIALECT = "https://json-schema.org/draft/2020-12/schema"

# Wherever a value may stand, a template may stand that gives it.
_TEMPLATE = {"type": "string", "pattern": r"\{[{%]"}

_OF_PROBES = frozenset({"within", "for", "every"})


def playbook_schema(kinds: Mapping[str, type[Step]]) -> dict[str, Any]:
    """The schema of a playbook; its `$defs/Steps` is that of an included file."""
    book = _Book([*kinds.values(), PlaybookKeys, PlayKeys, StepKeys, ParallelKeys, IncludeKeys, IncludeArgs])
    book.take_templates({field for kind in kinds.values() for field in kind.deferred})
    steps = [book.put(f"step {word}", _step(book, word, kind)) for word, kind in kinds.items()]
    any_step = book.put("Step", {"anyOf": [*steps, book.ref(ParallelKeys), book.ref(IncludeKeys)]})
    book.put("Steps", _list_of(any_step))
    for key in ("steps", "on_failure", "always"):
        book.key(PlayKeys, key)["items"] = any_step
    for key in ("setup", "healthy"):
        book.key(PlaybookKeys, key)["items"] = any_step
    book.key(PlaybookKeys, "plays")["items"] = book.ref(PlayKeys)
    book.key(ParallelKeys, "parallel")["items"] = {"anyOf": [any_step, _list_of(any_step)]}
    book.key(IncludeKeys, "include").update({"anyOf": [{"type": "string"}, book.ref(IncludeArgs)]})
    book.key(IncludeKeys, "include").pop("$ref", None)
    return book.whole(PlaybookKeys, "e2e-run playbook")


def inventory_schema(targets: Mapping[str, type[BaseModel]]) -> dict[str, Any]:
    """The schema of an inventory; `targets` are the settings of each kind of target, by its word."""
    sources: list[type[BaseModel]] = [EnvSecret, FileSecret, ClusterSecret]
    book = _Book([*targets.values(), InventoryKeys, *sources])
    shapes = [_target(book.of(model), word) for word, model in targets.items()]
    book.key(InventoryKeys, "targets")["additionalProperties"] = {"anyOf": shapes}
    book.key(InventoryKeys, "secrets")["additionalProperties"] = {"anyOf": [book.ref(source) for source in sources]}
    return book.whole(InventoryKeys, "e2e-run inventory")


class _Book:
    """The definitions of all models, by reference."""

    def __init__(self, models: list[Any]) -> None:
        unique = list(dict.fromkeys(models))
        self._refs, found = models_json_schema([(model, "validation") for model in unique])
        self._defs: dict[str, Any] = found["$defs"]

    def ref(self, model: type[BaseModel]) -> dict[str, Any]:
        return dict(self._refs[(model, "validation")])

    def of(self, model: type[BaseModel]) -> dict[str, Any]:
        found: dict[str, Any] = self._defs[self.ref(model)["$ref"].removeprefix("#/$defs/")]
        return found

    def key(self, model: type[Keys], key: str) -> dict[str, Any]:
        found: dict[str, Any] = self.of(model)["properties"][key]
        return found

    def take_templates(self, expressions: set[str]) -> None:
        """Let a template stand for every setting, however deep, but not for a bare expression."""
        apart = {
            self.ref(model)["$ref"].rpartition("/")[2] for model in (PlaybookKeys, PlayKeys, ParallelKeys, IncludeKeys)
        }
        for name, schema in self._defs.items():
            if name not in apart and "properties" in schema:
                fields = schema["properties"].items()
                schema["properties"] = {
                    key: value if key in expressions else _or_template(value) for key, value in fields
                }

    def put(self, name: str, schema: dict[str, Any]) -> dict[str, Any]:
        self._defs[name] = schema
        return {"$ref": f"#/$defs/{name.replace(' ', '%20')}"}

    def whole(self, model: type[BaseModel], title: str) -> dict[str, Any]:
        return {"$schema": _DIALECT, **self.of(model), "title": title, "$defs": self._defs}


def _step(book: _Book, word: str, kind: type[Step]) -> dict[str, Any]:
    """One kind of step with the keys that go with its shape."""
    keys = {
        key: {"$ref": f"#/$defs/StepKeys/properties/{key}"}
        for key in book.of(StepKeys)["properties"]
        if _takes(kind, key)
    }
    settings = _settings(book.of(kind), kind)
    if "budget" in keys:
        keys["budget"] = settings["anyOf"][0]["properties"].get("budget", {})
    story = inspect.cleandoc(kind.__doc__ or "").partition("Example:")[0].strip()
    return {
        "type": "object",
        "description": story,
        "properties": {**keys, word: {"description": story, **settings}},
        "required": [word],
        "additionalProperties": False,
    }


def _takes(kind: type[Step], key: str) -> bool:
    if key in _OF_PROBES:
        return issubclass(kind, Probe)
    if key == "timeout":
        return not issubclass(kind, Probe | Load)
    return key != "budget" or "budget" in kind.model_fields


def _settings(schema: dict[str, Any], kind: type[Step]) -> dict[str, Any]:
    """What stands under the kind's word: a mapping, or what its `shorthand` takes, or nothing when nothing must."""
    fields, mapping = schema["properties"], {key: value for key, value in schema.items() if key != "description"}
    required = [key for key in schema.get("required", ()) if key != "budget"]
    if "budget" in schema.get("required", ()):
        mapping["required"] = required
    shorthand = getattr(kind, "shorthand", None)
    others = [fields[shorthand]] if shorthand else []
    return {"anyOf": [mapping, *others, *([] if required else [{"type": "null"}])]}


def _or_template(schema: dict[str, Any]) -> dict[str, Any]:
    """The same, or a template; the words about it stay outside, where editors look for them."""
    words = ("title", "description", "default")
    inside = {key: value for key, value in schema.items() if key not in words}
    if inside == {"type": "string"} or not inside:
        return schema
    return {**{key: schema[key] for key in words if key in schema}, "anyOf": [inside, _TEMPLATE]}


def _target(options: dict[str, Any], word: str) -> dict[str, Any]:
    """A target: its settings below its kind, or beside it."""
    fields = options.get("properties", {})
    below = {"type": ["object", "null"], "properties": fields, "additionalProperties": False}
    return {
        "type": "object",
        "description": options.get("description", ""),
        "properties": {word: below, **fields},
        "required": [word],
        "additionalProperties": False,
    }


def _list_of(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}
