"""The fields of each type, read from the source of the typed Python client.

Importing the client's pydantic models would cost a second and tens of megabytes. Their source is regular: one line a
field, with type, JSON name and description. So the text is read, type by type, when a kind is first used.
"""

import ast
import importlib.util
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FIELD = re.compile(r"^    ([a-z_]\w*): ([A-Z].*)$", re.MULTILINE)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SCALARS = {
    "StrictStr": "string",
    "str": "string",
    "StrictInt": "integer",
    "StrictBool": "boolean",
    "StrictFloat": "number",
    "datetime": "time",
    "date": "time",
    "bytes": "bytes",
    "Any": "any",
    "object": "any",
}


@dataclass(frozen=True, slots=True)
class Type:
    """`form` is a scalar's name, list, map or object; `item` the type inside, `name` an object's."""

    form: str
    item: "Type | None" = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an object, under its JSON name."""

    type: Type
    required: bool
    description: str


@cache
def fields(type_name: str) -> dict[str, Field]:
    """Give the fields of a type such as `V1PodSpec`; raises KeyError for one the client does not have."""
    body = _source(type_name).split(f"\nclass {type_name}(BaseModel):", 1)[1]
    body = body.split("openapi_types: ClassVar", 1)[0]
    return dict(_field(match[0].strip()) for match in _FIELD.finditer(body))


@cache
def description(type_name: str) -> str:
    """Give the first paragraph of the type's description."""
    body = _source(type_name).split(f"\nclass {type_name}(BaseModel):", 1)[1]
    return body.split('"""', 2)[1].split("Attributes:", 1)[0].strip()


def _source(type_name: str) -> str:
    path = _models() / f"{_CAMEL.sub('_', type_name).lower()}.py"
    if not path.exists():
        raise KeyError(type_name)
    return path.read_text()


@cache
def _models() -> Path:
    # find_spec of a top-level package does not run it
    found = importlib.util.find_spec("kubernetes")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("the package kubernetes is not installed: pip install kubernetes")
    return Path(found.submodule_search_locations[0]) / "client" / "models"


def _field(line: str) -> tuple[str, Field]:
    node = ast.parse(line).body[0]
    if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
        raise TypeError(f"not a field: {line}")
    given = {one.arg: one.value for one in node.value.keywords} if isinstance(node.value, ast.Call) else {}
    name = given.get("serialization_alias") or given.get("alias")
    optional = isinstance(node.annotation, ast.Subscript) and ast.unparse(node.annotation.value) == "Optional"
    text = given.get("description")
    described = text.value if isinstance(text, ast.Constant) else ""
    json_name = name.value if isinstance(name, ast.Constant) else node.target.id
    return str(json_name), Field(_type(node.annotation), not optional, str(described))


def _type(node: ast.expr) -> Type:
    match node:
        case ast.Name(id=name):
            return Type(_SCALARS[name]) if name in _SCALARS else Type("object", name=name)
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            return _type(inner)
        case ast.Subscript(value=ast.Name(id="List"), slice=inner):
            return Type("list", _type(inner))
        case ast.Subscript(value=ast.Name(id="Dict"), slice=ast.Tuple(elts=[_, inner])):
            return Type("map", _type(inner))
        case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[inner, *_])):
            return _type(inner)
        case ast.Subscript(value=ast.Name(id="Union"), slice=ast.Tuple(elts=parts)):
            return _union([_type(part) for part in parts])
        case ast.BinOp(left=left, right=right):
            return _union([_type(left), _type(right)])
        case _:
            raise TypeError(f"cannot read the type {ast.unparse(node)}")


def _union(parts: list[Type]) -> Type:
    forms = {part.form for part in parts}
    if forms == {"integer", "string"}:
        return Type("int-or-string")
    if forms == {"number", "integer"}:
        return Type("number")
    if forms == {"bytes", "string"}:
        return Type("bytes")
    return Type("any")
