"""Tells what clusters there are and how they are."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from . import state
from .supervisor import REASON


def status(name: str) -> dict[str, Any] | None:
    """Describe a cluster, None when there is none: running, or dead with the reason where it is known."""
    if not state.folder(name).is_dir():
        return None
    record = state.read(name)
    if record is None:
        return {"name": name, "state": "dead", "reason": "it was never started wholly"}
    running = record.supervisor.alive()
    return {
        "name": name,
        "state": "running" if running else "dead",
        "reason": "" if running else _reason(state.folder(name)),
        "pid": record.supervisor.pid,
        "api": record.api,
        "ingress": record.ingress,
        "kubeconfig": str(state.folder(name) / "kubeconfig"),
        "owner": record.owner.pid if record.owner else None,
        "owner_alive": record.owner.alive() if record.owner else None,
        "lacks": list(record.lacks),
        "started": datetime.fromtimestamp(record.started, UTC).isoformat(timespec="milliseconds"),
    }


def _reason(folder: Path) -> str:
    try:
        return (folder / REASON).read_text().strip()
    except OSError:
        return "it was killed"
