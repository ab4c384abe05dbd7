"""Puts the folders together: which step kinds, targets, inventories and reporters there are."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

from runner import steps, targets
from runner.core.errors import InvalidInput, Mistake
from runner.core.step import Step
from runner.playbook.inventory import load_inventory
from runner.playbook.plan import Inventory, Kinds
from runner.reporters import Listening
from runner.targets import TargetKind

LOGS = Path("logs")
"""Where runs leave what they saw, below the folder in which the command was given."""


def kinds(*playbooks: Path) -> Kinds:
    """The step kinds: ours, and those in a `steps/` folder beside a playbook."""
    folders = tuple(dict.fromkeys(playbook.parent / "steps" for playbook in playbooks))

    return _Kinds(folders)


@dataclass(frozen=True)
class _Kinds:
    """Finds step kinds, and lists their words for suggestions."""

    folders: tuple[Path, ...]

    def __call__(self, kind: str) -> type[Step] | None:
        return steps.find(kind, self.folders)

    def names(self) -> list[str]:
        return steps.names(self.folders)


def inventory(name: str) -> Inventory:
    """An inventory by path, or by the name of a file in `inventories/` here, beside the package, or packaged."""
    here = Path(__file__).parent.parent
    return load_inventory(
        name, [Path("inventories"), here.parent / "inventories", here / "inventories"], _TargetOptions()
    )


class _TargetOptions:
    """Finds the settings of a kind of target, and lists the kinds for suggestions."""

    def __call__(self, kind: str) -> Any:
        found = targets.find(kind)
        return found.Options if found else None

    def names(self) -> list[str]:
        return targets.names()


def run_folder(name: str) -> Path:
    """A new folder for a run; its name is the run's id, sorts by time and fits into a label (63 characters).

    Raises:
        InvalidInput: it cannot be made; a run that leaves no trace proves nothing.

    """
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    slug = re.sub(r"[^A-Za-z0-9._]+", "-", name).strip("-._")[:40] or "run"
    folder = LOGS / f"{slug}-{stamp}-{uuid4().hex[:4]}"
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise _unwritable(folder.parent, error) from error
    return folder


def _unwritable(path: Path, error: OSError) -> InvalidInput:
    return InvalidInput([Mistake(None, f"{path}: cannot be written: {error.strerror}")])


def stored_run(name: str | None) -> Path:
    """The folder of a stored run, by id or path; the latest when no name is given."""
    if name is None:
        runs = sorted(LOGS.glob("*/events.jsonl"), key=lambda path: path.stat().st_mtime)
        if not runs:
            raise InvalidInput([Mistake(None, f"no run in {LOGS}/")])
        return runs[-1].parent
    for folder in (Path(name), LOGS / name):
        if (folder / "events.jsonl").exists():
            return folder
    raise InvalidInput([Mistake(None, f"no run {name} in {LOGS}/; `ls {LOGS}` shows them")])


def target(kind: str) -> TargetKind:
    """A kind of target that the inventory's reader has found to be there."""
    found = targets.find(kind)
    assert found is not None
    return found


def reporter(request: str) -> Listening:
    """What `--report KIND=FILE` asks for; its file may be opened now."""
    kind, path = report_request(request)
    return cast(Listening, importlib.import_module(f"runner.reporters.{kind}").Reporter(path))


def report_request(request: str) -> tuple[str, Path]:
    """Kind and file of `--report KIND=FILE`.

    Raises:
        InvalidInput: there is no such kind, or no file is named.

    """
    kind, _, path = request.partition("=")
    names = _reporters()
    if kind not in names or not path:
        raise InvalidInput([Mistake(None, f"--report {request}: write KIND=FILE; kinds: {', '.join(names)}")])
    if problem := _not_a_place(Path(path)):
        raise InvalidInput([Mistake(None, f"--report {request}: {problem}")])
    return kind, Path(path)


def _not_a_place(path: Path) -> str:
    """Why no file can be written there, as far as can be known without touching anything."""
    if path.is_dir():
        return f"{path} is a folder"
    there = next(place for place in (path, *path.parents) if place.exists())
    if there != path and not there.is_dir():
        return f"{there} is no folder"
    return "" if os.access(there, os.W_OK) else f"{there} cannot be written"


def _reporters() -> Sequence[str]:
    folder = Path(__file__).parent.parent / "reporters"
    return sorted(path.stem for path in folder.glob("[a-z]*.py") if path.stem != "console")
