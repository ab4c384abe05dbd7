"""The plan: what a playbook says, typed and checked, ready to be run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.core.errors import Mistake, Where
from runner.core.step import Step


@dataclass(frozen=True)
class Deferred:
    """A value that is known only when the play runs: text with `{{ … }}`, anywhere inside `value`."""

    value: Any
    where: Where
    uses: tuple[str, ...] = ()
    """`secrets.NAME` that it comes down to, also through variables: what must be fetched before it is rendered."""


@dataclass(frozen=True)
class StepPlan:
    """One step. Fields that hold a `Deferred` are rendered by the engine just before the step runs."""

    name: str
    kind: str
    model: type[Step]
    args: Mapping[str, Any] | Deferred
    """Arguments of the kind, as written (`budget` merged in for loads)."""
    where: Where
    step: Step | None = None
    """The finished step, when nothing in it has to wait for the run."""
    when: str | None = None
    """Bare expression."""
    loop: Any = None
    """A list, a bare template text that gives one, or None."""
    register: str | None = None
    within: float | Deferred | None = None
    """Seconds, like the three below."""
    hold: float | Deferred | None = None
    """The key `for`."""
    every: float | Deferred = 0.2
    timeout: float | Deferred = 60.0
    allow_empty: bool = False
    target: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    """What an `include`'s `vars` add for this step, over the playbook's; those that a play or `-e` wins are gone."""


@dataclass(frozen=True)
class ParallelPlan:
    """Branches that resolve their targets, wait for each other and then strike together."""

    name: str
    where: Where
    branches: tuple[tuple[Node, ...], ...]


Node = StepPlan | ParallelPlan


@dataclass(frozen=True)
class PlayPlan:
    """One counted check."""

    name: str
    where: Where
    steps: tuple[Node, ...]
    description: str = ""
    tags: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    target: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    """The play's `vars`, without those that `-e` wins; each is final or `Deferred`."""
    on_failure: tuple[Node, ...] = ()
    always: tuple[Node, ...] = ()
    healed_within: float = 60.0


@dataclass(frozen=True)
class PlaybookPlan:
    """A whole playbook."""

    name: str
    path: str
    sha256: str
    description: str
    allowed_on: tuple[str, ...]
    """Classes of inventory; local and test unless the playbook says more."""
    variables: Mapping[str, Any]
    """Playbook < inventory < `-e`, merged; each is final or `Deferred`, which `render` looks into."""
    overrides: Mapping[str, Any]
    """What `-e` gave: it wins over a play's `vars` too."""
    setup: tuple[Node, ...]
    healthy: tuple[Node, ...]
    plays: tuple[PlayPlan, ...]
    warnings: tuple[Mistake, ...] = ()
    """What is allowed but looks wrong, such as a play that judges nothing."""


@dataclass(frozen=True)
class TargetSpec:
    """A target as the inventory names it: its kind is a file in `targets/`."""

    name: str
    kind: str
    options: Mapping[str, Any]
    """What stands beside the kind (`namespace`, `ingress`) and below it, flat."""
    where: Where


@dataclass(frozen=True)
class SecretSpec:
    """Where a secret is read from; never the value."""

    name: str
    source: str
    """env, file or kubernetes"""
    options: Mapping[str, str]
    """`{env: NAME}`, `{file: path}` (joined to the inventory's folder) or `{secret:, key:, namespace:}`."""
    where: Where


@dataclass(frozen=True)
class Inventory:
    """Where to run, and what is known of the place."""

    name: str
    path: str
    class_: str
    """local, test, staging or prod"""
    targets: Mapping[str, TargetSpec]
    """In order; the first is the default."""
    lacks: frozenset[str] = frozenset()
    require: frozenset[str] = frozenset()
    variables: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, SecretSpec] = field(default_factory=dict)


Kinds = Callable[[str], "type[Step] | None"]
"""Finds the class of a step kind, or None; the wiring gives it to the loader, which knows no step.

Suggestions for misspelt kinds need its attribute `names`, a callable without arguments that lists all words.
"""


def names_of(kinds: Kinds) -> list[str]:
    """All words that `kinds` knows, or none when it cannot list them."""
    names = getattr(kinds, "names", None)
    return sorted(names()) if callable(names) else []


def nodes_of(play: PlayPlan) -> tuple[Node, ...]:
    """All top-level nodes of a play, in the order in which they may run."""
    return (*play.steps, *play.on_failure, *play.always)


def steps_in(nodes: tuple[Node, ...]) -> list[StepPlan]:
    """The single steps below these nodes, branches included, in the order of the file."""
    found: list[StepPlan] = []
    for node in nodes:
        if isinstance(node, StepPlan):
            found.append(node)
        else:
            for branch in node.branches:
                found.extend(steps_in(branch))
    return found
