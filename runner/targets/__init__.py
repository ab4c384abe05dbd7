"""One file is one way to reach a system; the word in the inventory is the name of the file.

A kind of target is a module of this folder with two names in it, `Options` and `connect` (see `TargetKind`). The
subfolder `api` holds the parts they are made of. Nothing is imported before an inventory names it: importing the
Kubernetes client alone takes 0.3 s.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any, Protocol, cast

from pydantic import BaseModel

from runner.core.target import Cluster


class TargetKind(Protocol):
    """What a module of this folder offers."""

    Options: type[BaseModel]
    """What an inventory may say about it: the keys under the kind's word and those beside it, flat."""

    starts_its_own: bool
    """Whether connecting may start a system, so that a mere check must not connect."""

    def supported(self) -> None:
        """Do nothing when it can work on this machine at all, which is asked before anything is touched.

        Raises:
            InvalidInput: it cannot; the sentence says what to do.

        """

    async def connect(
        self, options: Any, *, run: str, keep: bool, folder: str = ".", playbook: str = ".", start: bool = True
    ) -> Cluster:
        """Reach the system.

        `run` is the id of the run; `keep` leaves running what had to be started; relative paths start in `folder`.
        `playbook` is its path: a system that needs files looks for them near it too.
        `start` False: nothing is started, only what is there is reached (`recover`).

        Raises:
            Unreachable: it is not there; one sentence, within 10 s.
            Gone: it was started for a run, and has ended with it.

        """


def find(kind: str) -> TargetKind | None:
    """The kind of target that an inventory calls so, or None."""
    if kind not in names():
        return None
    return cast(TargetKind, importlib.import_module(f"{__name__}.{kind.replace('-', '_')}"))


def names() -> list[str]:
    """The words that an inventory may use."""
    return sorted(found.name.replace("_", "-") for found in pkgutil.iter_modules(__path__) if not found.ispkg)
