"""All keys of the language, typed and described: playbook, play, step, parallel, include, inventory."""

from __future__ import annotations

import keyword
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from runner.core.duration import Duration

Class = Literal["local", "test", "staging", "prod"]
Capability = Literal["network-policy", "metrics", "ingress", "storage", "quota"]

RESERVED = {
    "item": "the element of a loop",
    "object": "the looked-at thing in `that`",
    "secrets": "the inventory's secrets",
    "run": "the id of the run",
    "range": "a function",
    "dict": "a function",
}
"""Names that mean something already, and what."""

_WORDS = frozenset({"true", "false", "none", "and", "or", "not", "in", "is", "if", "else", *keyword.kwlist})


def variable_name(name: str) -> str:
    """What keeps a text from being the name of a variable, or nothing."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) or name in _WORDS:
        return f'"{name}" cannot be the name of a variable; use letters, digits and _'
    return f'"{name}" is reserved: it is {RESERVED[name]}' if name in RESERVED else ""


def _variable(name: str) -> str:
    trouble = variable_name(name)
    if trouble:
        raise ValueError(trouble)
    return name


Variable = Annotated[str, AfterValidator(_variable)]
Variables = dict[Variable, Any]


class Keys(BaseModel):
    """The keys of one kind of mapping; any other key is an error."""

    model_config = ConfigDict(extra="forbid")


class PlaybookKeys(Keys):
    """A playbook."""

    name: str = Field(default="", description="The run is named after it; the file's name unless given.")
    description: str = Field(default="", description="What it is for.")
    allowed_on: list[Class] = Field(default=["local", "test"], description="Classes of inventory it may run on.")
    vars: Variables = Field(default={}, description="Variables; inventory, include, play and -e win over them.")
    setup: list[Any] = Field(
        default=[], description="Steps before all plays, not counted; they deploy, and judge nothing."
    )
    healthy: list[Any] = Field(
        default=[], description="Probes that must pass before a fault and after each play with one."
    )
    plays: list[Any] = Field(min_length=1, description="The counted checks, in order.")


class PlayKeys(Keys):
    """One counted check."""

    name: str = Field(min_length=1, description="What is true when it passes; unique in the playbook.")
    description: str = Field(default="", description="Why it matters.")
    tags: list[str] = Field(default=[], description="For -t and --skip-tags.")
    needs: list[Capability] = Field(default=[], description="Capabilities without which it is skipped.")
    target: str | None = Field(default=None, description="A target of the inventory; its first one unless given.")
    vars: Variables = Field(default={}, description="Variables of this play; only -e wins over them.")
    steps: list[Any] = Field(min_length=1, description="Steps in order; the first that is not green skips the rest.")
    on_failure: list[Any] = Field(default=[], description="Steps that keep evidence when the play is not green.")
    always: list[Any] = Field(default=[], description="Steps that run in any case, before the undo.")
    healed_within: Duration = Field(default=60.0, ge=0, description="Time for `healthy` to pass again after a fault.")


class StepKeys(Keys):
    """What any step may have beside its kind."""

    name: str = Field(default="", description="What the step is for; its kind unless given.")
    when: str | bool | None = Field(default=None, description="Bare expression; the step is skipped when it is false.")
    loop: list[Any] | str | None = Field(
        default=None, description="A list, or a template of one; each element is `item`."
    )
    register_: Variable | None = Field(
        default=None, alias="register", description="Variable that holds what the step saw, for later steps."
    )
    within: Duration | None = Field(
        default=None, ge=0, description="Probes: it must become true before; one look unless given."
    )
    for_: Duration | None = Field(
        default=None, ge=0, alias="for", description="Probes: it must then hold so long, within `within`."
    )
    every: Duration = Field(default=0.2, gt=0, description="Probes: time between two looks.")
    timeout: Duration = Field(
        default=60.0, gt=0, description="Actions and faults: longest time, also of a fault's proof."
    )
    budget: Any = Field(default=None, description="Loads: what is allowed, such as rto, lost, duplicated.")
    target: str | None = Field(default=None, description="A target of the inventory; the play's unless given.")
    allow_empty: bool = Field(default=False, description="A selector may match nothing; shown in the summary.")


class ParallelKeys(Keys):
    """Branches that strike together."""

    name: str = Field(default="parallel", description="What the branches are for.")
    parallel: list[Any] = Field(min_length=2, description="Branches: each a step or a list of steps.")


class IncludeArgs(Keys):
    """Another file's steps, put here."""

    file: str = Field(min_length=1, description="A list of steps, relative to this file.")
    vars: Variables = Field(default={}, description="Variables of those steps.")


class IncludeKeys(Keys):
    """The steps of another file."""

    name: str = Field(default="", description="What they are for.")
    include: IncludeArgs


class EnvSecret(Keys):
    """A secret in an environment variable."""

    env: str = Field(min_length=1, description="Name of the environment variable.")


class FileSecret(Keys):
    """A secret in a file."""

    file: str = Field(min_length=1, description="Path, relative to the inventory; white space at its ends is dropped.")


class ClusterSecretPlace(Keys):
    """Where in a Secret of the cluster."""

    secret: str = Field(min_length=1, description="Name of the Secret.")
    key: str = Field(min_length=1, description="Its key.")
    namespace: str | None = Field(default=None, description="Its namespace; the default target's unless given.")


class ClusterSecret(Keys):
    """A secret in a Secret of the cluster."""

    kubernetes: ClusterSecretPlace


class InventoryKeys(Keys):
    """A place to run on."""

    name: str = Field(default="", description="The file's name unless given.")
    class_: Class = Field(
        alias="class", description="How much may go wrong there; a playbook says on which it may run."
    )
    targets: dict[str, dict[str, Any]] = Field(min_length=1, description="Systems by name; the first is the default.")
    lacks: list[Capability] = Field(default=[], description="Declared missing: plays that need it are skipped.")
    require: list[Capability] = Field(default=[], description="Missing after all: the play fails instead.")
    vars: Variables = Field(default={}, description="Variables; they win over the playbook's.")
    secrets: dict[Variable, Any] = Field(default={}, description="Where secrets are read: env, file or kubernetes.")


NOT_YET = {
    "at": "is not supported yet",
    "heal_after": "is not supported yet",
}
"""Keys of a step that the design names and this version rejects."""

NOT_ENFORCED = {
    "protect": "is not enforced yet",
    "limits": "is not enforced yet",
}
"""Keys of an inventory that the design names and this version rejects: a limit that is ignored is worse than none."""
