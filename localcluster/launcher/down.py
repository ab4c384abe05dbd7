"""Ends a cluster and leaves nothing of it."""

from __future__ import annotations

from . import state
from .errors import LauncherError

_KILL_SECONDS = 20.0  # for all processes of a large cluster on a busy machine


def down(name: str) -> bool:
    """End a cluster; tell whether there was one.

    Raises:
        LauncherError: its processes cannot be killed.

    """
    if not state.folder(name).exists():
        return False
    with state.locked(name):
        clean(name)
    return True


def clean(name: str) -> None:
    """Do it, while the caller holds the lock.

    Raises:
        LauncherError: its processes cannot be killed.

    """
    record = state.read(name)
    if record and not record.supervisor.kill(_KILL_SECONDS):
        raise LauncherError(f"cluster {name}: process {record.supervisor.pid} does not end, though killed")
    state.remove(name)
