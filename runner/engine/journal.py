"""What is owed to the system: each way back is on disk before its blow, in the playbook's own language."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.core.step import Step
from runner.playbook.load import to_playbook


@dataclass(frozen=True)
class Entry:
    """One way back that is owed."""

    id: str
    play: str
    target: str
    """Name of the target in the inventory."""
    undo: dict[str, Any]
    """One step, as a playbook writes it: `{scale: {deployment: web, replicas: 3}}`."""
    within: float
    """Time limit of the undo, in seconds."""

    @property
    def label(self) -> str:
        """The step in one line."""
        ((kind, args),) = self.undo.items()
        settings = ", ".join(f"{key}={value}" for key, value in args.items()) if isinstance(args, dict) else args
        return f"{kind} {settings}"


class Journal:
    """An append-only file; every line is fsynced before the caller goes on.

    The first line names the environment, so that `recover` and the next run know where the debts lie.
    """

    def __init__(self, path: Path, environment: Callable[[], dict[str, Any]], hide: Callable[[str], str]) -> None:
        self._path = path
        self._hide = hide
        self._environment = environment
        self._fd: int | None = None

    def owe(self, step: Step, *, play: str, target: str, within: float) -> Entry:
        """Write a way back; when this returns, it survives a power cut."""
        entry = Entry(uuid.uuid4().hex, play, target, to_playbook(step), within)
        self._write({"owe": entry.id, "play": play, "target": target, "within": within, "undo": entry.undo})
        return entry

    def done(self, entry: Entry) -> None:
        """Write that a way back was gone."""
        self._write({"done": entry.id})

    def _write(self, record: dict[str, Any]) -> None:
        if self._fd is None:
            self._fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            self._append({"environment": self._environment()})
            _sync_folder(self._path.parent)
        self._append(record)

    def _append(self, record: dict[str, Any]) -> None:
        assert self._fd is not None
        os.write(self._fd, (self._hide(json.dumps(record, ensure_ascii=False)) + "\n").encode())
        os.fsync(self._fd)

    def close(self) -> None:
        """Close the file."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


@dataclass(frozen=True)
class Debts:
    """What a journal still owes, the latest first."""

    path: Path
    environment: dict[str, Any]
    entries: tuple[Entry, ...]


def read(path: Path) -> Debts:
    """Read a journal; a last line that was cut off by a power loss had not been acted on, and is passed over."""
    environment: dict[str, Any] = {}
    owed: dict[str, Entry] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if "environment" in record:
            environment = record["environment"]
        elif "owe" in record:
            owed[record["owe"]] = Entry(
                record["owe"], record["play"], record["target"], record["undo"], record["within"]
            )
        else:
            owed.pop(record["done"], None)
    return Debts(path, environment, tuple(reversed(owed.values())))


def unfinished(logs: Path, inventory: str) -> list[Debts]:
    """The journals below `logs` that owe something to this inventory, oldest run first."""
    found = [read(path) for path in sorted(logs.glob("*/journal.jsonl"))]
    return [debts for debts in found if debts.entries and debts.environment.get("inventory") == inventory]


def _sync_folder(folder: Path) -> None:
    # Without this the file's name itself may be lost with the power.
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
