"""The way in: a playbook and its inventory become a plan, or all that is wrong with them is told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from runner.core.errors import InvalidInput, Mistake
from runner.playbook.mistakes import gather
from runner.playbook.plan import Inventory, Kinds, PlaybookPlan
from runner.playbook.read_playbook import PlaybookReader
from runner.playbook.stored import step_from_journal, to_playbook

__all__ = ["check_playbook", "load_all", "load_playbook", "step_from_journal", "to_playbook"]


def load_playbook(path: str | Path, inventory: Inventory, overrides: Mapping[str, Any], kinds: Kinds) -> PlaybookPlan:
    """Read, render and type everything that can be known before a system is touched.

    Raises:
        InvalidInput: with all mistakes, sorted by file and line.

    """
    return PlaybookReader(Path(path), inventory, overrides, kinds).read()


def check_playbook(path: str | Path, kinds: Kinds) -> PlaybookPlan:
    """The same without an inventory, for editors and hooks: a name that an inventory may have is a warning.

    Raises:
        InvalidInput: with all mistakes.

    """
    return PlaybookReader(Path(path), None, {}, kinds).read()


def load_all(
    path: str | Path,
    kinds: Kinds,
    inventory: Callable[[], Inventory],
    overrides: Callable[[], Mapping[str, Any]],
) -> tuple[PlaybookPlan, Inventory]:
    """Load inventory, `-e` and playbook; what is wrong with any of them is told together.

    Raises:
        InvalidInput: with all mistakes of all three.

    """
    mistakes: list[Mistake] = []
    found = _tried(inventory, mistakes)
    given = _tried(overrides, mistakes)
    plan = _tried(lambda: PlaybookReader(Path(path), found, given or {}, kinds).read(), mistakes)
    if found is None or given is None or plan is None:
        raise InvalidInput(gather(mistakes))
    return plan, found


def _tried(load: Callable[[], Any], mistakes: list[Mistake]) -> Any:
    try:
        return load()
    except InvalidInput as error:
        mistakes.extend(error.mistakes)
        return None
