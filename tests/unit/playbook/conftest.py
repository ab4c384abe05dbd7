"""Small step kinds and a small inventory, so that the language is tested apart from the real ones."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from runner.core.duration import Duration
from runner.core.errors import Where
from runner.core.step import Action, Fault, Load, Probe, Result, Step
from runner.core.that import That
from runner.playbook.load import load_playbook
from runner.playbook.plan import Inventory, PlaybookPlan, SecretSpec, TargetSpec


class PodSeen(BaseModel):
    name: str
    uid: str


class Pods(Result):
    pods: list[PodSeen]


class KillPod(Fault):
    Result: ClassVar[type[BaseModel]] = Pods
    selector: str = Field(description="Which pods.")
    grace: Duration = Field(default=0.0, ge=0, description="Time to end.")


class AssertPods(Probe):
    Result: ClassVar[type[BaseModel]] = Pods
    deferred: ClassVar[frozenset[str]] = frozenset({"that"})
    selector: str = ""
    ready: Literal["all"] | int | None = None
    count: int | None = Field(default=None, ge=0)
    that: That = Field(default=[])


class Assert(Probe):
    deferred: ClassVar[frozenset[str]] = frozenset({"that"})
    shorthand: ClassVar[str] = "that"
    offers: ClassVar[frozenset[str]] = frozenset()
    that: That = Field(min_length=1)


class Debug(Action):
    shorthand: ClassVar[str] = "message"
    message: Any = None


class SetVars(Action):
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="allow")


class Budget(BaseModel):
    model_config = ConfigDict(extra="forbid")
    rto: Duration | None = None
    lost: int = 0


class SqlLedger(Load):
    database: str
    password: str = ""
    rate: int = Field(default=10, gt=0)
    budget: Budget = Budget()


class Deploy(Action):
    path: str

    def check_static(self, folder: Path) -> list[str]:
        return [] if (folder / self.path).exists() else [f"path: {self.path} is not there"]


class Scale(Action):
    deployment: str
    replicas: int
    note: str = ""


class Kinds:
    """What the wiring gives to the loader."""

    found: Mapping[str, type[Step]]

    def __init__(self) -> None:
        named = {
            "kill-pod": KillPod,
            "assert-pods": AssertPods,
            "assert": Assert,
            "debug": Debug,
            "set-vars": SetVars,
            "sql-ledger": SqlLedger,
            "deploy": Deploy,
            "scale": Scale,
        }
        for word, kind in named.items():
            # The word of a real kind comes from the name of its module.
            kind.__module__ = f"kinds.{word.replace('-', '_')}{'_' if word == 'assert' else ''}"
        self.found = named

    def __call__(self, kind: str) -> type[Step] | None:
        return self.found.get(kind)

    def names(self) -> list[str]:
        return list(self.found)


@pytest.fixture(scope="session")
def kinds() -> Kinds:
    return Kinds()


@pytest.fixture
def inventory() -> Inventory:
    here = Where("inventory.yaml", 1)
    return Inventory(
        name="laptop",
        path="inventory.yaml",
        class_="local",
        targets={"shop": TargetSpec("shop", "fake", {}, here), "other": TargetSpec("other", "fake", {}, here)},
        variables={"from_inventory": "inventory"},
        secrets={"db_password": SecretSpec("db_password", "env", {"env": "DB_PASSWORD"}, here)},
    )


@pytest.fixture
def load(tmp_path: Path, kinds: Kinds, inventory: Inventory) -> Callable[..., PlaybookPlan]:
    """Load a playbook from text; `files` are those beside it."""

    def load(text: str, overrides: Mapping[str, Any] | None = None, **files: str) -> PlaybookPlan:
        (tmp_path / "book.yaml").write_text(text)
        for name, content in files.items():
            (tmp_path / f"{name}.yaml").write_text(content)
        return load_playbook(str(tmp_path / "book.yaml"), inventory, overrides or {}, kinds)

    return load
