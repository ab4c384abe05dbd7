"""One compiled expression or template: what it needs to know, and its value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import GeneratorType
from typing import Any

from jinja2 import Template, TemplateSyntaxError, Undefined, meta, nodes
from jinja2.exceptions import TemplateError, UndefinedError
from jinja2.lexer import Token
from jinja2.parser import Parser

from runner.core.context import ExpressionError
from runner.playbook.environment import ENVIRONMENT

Part = str | int

Chain = tuple[str, tuple[tuple[bool, Part], ...]]
"""A name and its parts, each by attribute (`.x`) or by key (`[0]`)."""

# What evaluation of somebody's text can raise: a TypeError of `'a' + 1` is theirs, and told as such.
_THEIRS = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError)


@dataclass(frozen=True)
class Ref:
    """A name that must be known, with the attributes that must be there: `killed.pods[0].name`."""

    name: str
    path: tuple[Part, ...] = ()
    maybe: bool = False
    """The name itself may be missing: `x is defined`, `x | default(1)`."""

    def __str__(self) -> str:
        """As it would be written."""
        return self.name + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in self.path)


class Code:
    """A parsed text. `value` evaluates it; `refs` says statically what it needs.

    Raises (when made):
        ExpressionError: it is no expression; the sentence says where it stops being one.
    """

    def __init__(self, text: str, tree: nodes.Template, single: nodes.Expr | None) -> None:
        self.text = text
        self.tree = tree
        self.single = single
        _check_names_of_filters(tree, text)
        self.refs = tuple(dict.fromkeys(_Finder(tree).refs))
        self.names = frozenset(ref.name for ref in self.refs)
        self._parts = _parts(tree)

    def value(self, known: Mapping[str, Any]) -> Any:
        """Evaluate; `known` needs to hold only the names in `names`.

        Raises:
            ExpressionError: a name or attribute is not there, or an operation is impossible.

        """
        try:
            return self._joined(known) if self._parts else _solid(self._computed(known))
        except UndefinedError as error:
            raise ExpressionError(self._missing(known) or f"{_short(self.text)}: {error.message}") from error
        except _THEIRS as error:
            raise ExpressionError(f"{_short(self.text)}: {_sentence(error)}") from error

    def _joined(self, known: Mapping[str, Any]) -> Any:
        # Most texts are paths and words; walking those costs microseconds, compiling them a thousand times as much.
        values = [part if isinstance(part, str) else _solid(_walk(part, known)) for part in self._parts]
        return values[0] if self.single is not None else "".join(map(str, values))

    def _computed(self, known: Mapping[str, Any]) -> Any:
        context = self._template.new_context(dict(known))
        written = list(self._template.root_render_func(context))
        return context.vars["result"] if self.single is not None else "".join(written)

    @cached_property
    def _template(self) -> Template:
        if self.single is None:
            return ENVIRONMENT.from_string(self.tree)
        store = nodes.Assign(nodes.Name("result", "store"), self.single, lineno=1)
        return ENVIRONMENT.from_string(nodes.Template([store], lineno=1))

    def _missing(self, known: Mapping[str, Any]) -> str | None:
        for ref in self.refs:
            trouble = missing(ref, known)
            if trouble:
                return trouble
        return None


def missing(ref: Ref, known: Mapping[str, Any]) -> str | None:
    """Say what of a reference is not there: `killed.nmae is undefined; killed has name, uid`."""
    if ref.name not in known:
        return None if ref.maybe else f"{ref.name} is undefined"
    value = known[ref.name]
    for index, part in enumerate(ref.path):
        value = ENVIRONMENT.getattr(value, part) if isinstance(part, str) else ENVIRONMENT.getitem(value, part)
        if isinstance(value, Undefined):
            return f"{Ref(ref.name, ref.path[: index + 1])} is undefined{_there(ref, index, known)}"
    return None


def _there(ref: Ref, index: int, known: Mapping[str, Any]) -> str:
    value = known[ref.name]
    for part in ref.path[:index]:
        value = ENVIRONMENT.getattr(value, part) if isinstance(part, str) else ENVIRONMENT.getitem(value, part)
    holder = Ref(ref.name, ref.path[:index])
    if isinstance(value, Mapping):
        keys = ", ".join(str(key) for key in list(value)[:8])
        return f"; {holder} has {keys}" if keys else f"; {holder} is empty"
    if isinstance(value, list | tuple):
        return f"; {holder} is a list of {len(value)}"
    return f"; {holder} is {type(value).__name__}"


@lru_cache(maxsize=2048)
def expression(text: str) -> Code:
    """A bare expression, as in `when` and `that`.

    Raises:
        ExpressionError: it is none.

    """
    if "{{" in text or "{%" in text:
        raise ExpressionError(f"{_short(text)} is no expression: write it bare, without {{{{ }}}}")
    try:
        parser = Parser(ENVIRONMENT, text, state="variable")
        found = parser.parse_expression()
        if not parser.stream.eos:
            raise ExpressionError(f"{_short(text)} is no expression: {_rest(parser.stream.current)}")
    except TemplateSyntaxError as error:
        raise ExpressionError(f"{_short(text)} is no expression: {_syntax(error)}") from error
    found.set_environment(ENVIRONMENT)
    return Code(text, nodes.Template([nodes.Output([found], lineno=1)], lineno=1), found)


@lru_cache(maxsize=2048)
def template(text: str) -> Code:
    """A text with `{{ … }}` in it; a single `{{ x }}` gives the value itself, not its text.

    Raises:
        ExpressionError: its syntax is wrong.

    """
    try:
        tree = ENVIRONMENT.parse(text)
    except TemplateSyntaxError as error:
        raise ExpressionError(f"{_short(text)} is no template: {_syntax(error)}") from error
    return Code(text, tree, _single(tree))


def is_template(value: object) -> bool:
    """Whether a value is text that has to be rendered."""
    return isinstance(value, str) and ("{{" in value or "{%" in value)


def _single(tree: nodes.Template) -> nodes.Expr | None:
    if len(tree.body) != 1 or not isinstance(tree.body[0], nodes.Output) or len(tree.body[0].nodes) != 1:
        return None
    only = tree.body[0].nodes[0]
    return None if isinstance(only, nodes.TemplateData) else only


def _check_names_of_filters(tree: nodes.Template, text: str) -> None:
    for kind, known in ((nodes.Filter, ENVIRONMENT.filters), (nodes.Test, ENVIRONMENT.tests)):
        for node in tree.find_all(kind):
            if node.name not in known:
                raise ExpressionError(f"{_short(text)}: there is no {kind.__name__.lower()} named {node.name}")


class _Finder:
    """Walks a tree for the names that it takes from outside."""

    def __init__(self, tree: nodes.Template) -> None:
        self._guards: set[tuple[str, tuple[Part, ...]]] = set()
        self._own = {name.name for name in tree.find_all(nodes.Name) if name.ctx != "load"}
        outside = meta.find_undeclared_variables(tree) if self._own else None
        found = list(self._walk(tree, maybe=False))
        self.refs = [
            self._settled(ref)
            for ref in found
            if (outside is None or ref.name in outside) and ref.name not in ENVIRONMENT.globals
        ]

    def _settled(self, ref: Ref) -> Ref:
        if ref.name in self._own:
            return Ref(ref.name)
        for length in range(len(ref.path) + 1):
            if (ref.name, ref.path[:length]) in self._guards:
                return Ref(ref.name, ref.path[: max(length - 1, 0)], maybe=length == 0)
        return ref

    def _walk(self, node: nodes.Node, *, maybe: bool) -> Iterator[Ref]:
        chain = _chain(node)
        if chain:
            yield self._ref(chain, maybe=maybe)
        elif isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
            yield from self._walk(node.node.node, maybe=maybe)
            for child in node.iter_child_nodes(exclude=("node",)):
                yield from self._walk(child, maybe=False)
        else:
            yield from self._children(node)

    def _children(self, node: nodes.Node) -> Iterator[Ref]:
        asks = isinstance(node, nodes.Test) and node.name in ("defined", "undefined")
        falls_back = isinstance(node, nodes.Filter) and node.name in ("default", "d")
        inner = node.node if isinstance(node, nodes.Test | nodes.Filter) else None
        for child in node.iter_child_nodes():
            if child is inner and asks and (chain := _chain(child)):
                self._guards.add((chain[0], tuple(part for _, part in chain[1])))
            yield from self._walk(child, maybe=child is inner and (asks or falls_back))

    def _ref(self, chain: Chain, *, maybe: bool) -> Ref:
        path = tuple(part for _, part in chain[1])
        return Ref(chain[0], path[:-1], maybe=not path) if maybe else Ref(chain[0], path)


def _parts(tree: nodes.Template) -> list[str | Chain]:
    """A text's words and paths, in order; empty when there is more in it than those."""
    if len(tree.body) != 1 or not isinstance(tree.body[0], nodes.Output):
        return []
    found: list[str | Chain] = []
    for node in tree.body[0].nodes:
        part = node.data if isinstance(node, nodes.TemplateData) else _chain(node)
        if part is None or (not isinstance(part, str) and part[0] in ENVIRONMENT.globals):
            return []
        found.append(part)
    return found


def _walk(chain: Chain, known: Mapping[str, Any]) -> Any:
    name, parts = chain
    if name not in known:
        raise UndefinedError(f"{name} is undefined")
    value = known[name]
    for attribute, part in parts:
        value = ENVIRONMENT.getattr(value, str(part)) if attribute else ENVIRONMENT.getitem(value, part)
    return value


def _chain(node: nodes.Node) -> Chain | None:
    """`a.b[0]` as its name and parts (by attribute or not); None when it is no such path."""
    parts: list[tuple[bool, Part]] = []
    while True:
        if isinstance(node, nodes.Name):
            return (node.name, tuple(reversed(parts))) if node.ctx == "load" else None
        if isinstance(node, nodes.Getattr):
            parts.append((True, node.attr))
        elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            if type(node.arg.value) not in (str, int):
                return None
            parts.append((False, node.arg.value))
        else:
            return None
        node = node.node


def _solid(value: Any) -> Any:
    """A value that is there now: lazy results become lists (else they would be true even when empty)."""
    if isinstance(value, Undefined):
        str(value)  # a strict one raises UndefinedError
    if isinstance(value, GeneratorType | map | filter | zip | range):
        value = list(value)
    if isinstance(value, list | tuple) and any(isinstance(item, Undefined) for item in value):
        str(next(item for item in value if isinstance(item, Undefined)))
    return value


def _short(text: str) -> str:
    line = " ".join(text.split())
    return f'"{line[:77]}..."' if len(line) > 80 else f'"{line}"'


def _syntax(error: TemplateSyntaxError) -> str:
    said = (
        (error.message or "")
        .replace("'end of template'", "end")
        .replace("end of template", "end")
        .replace("end of statement block", "its end")
        .replace("end of print statement", "}}")
    )
    if said.endswith("got '='"):
        return "unexpected '='; compare with =="
    return said.rstrip(".")


def _rest(token: Token) -> str:
    return "unexpected '='; compare with ==" if token.type == "assign" else f"unexpected '{token.value}'"


def _sentence(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "too deep"
    return getattr(error, "message", None) or str(error) or type(error).__name__
