"""What is kept on disk about a cluster: its folder, its record, its lock."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from .errors import UsageError
from .process import ProcessName

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?")
_RECORD = "cluster.json"


@dataclass(frozen=True)
class Record:
    """A cluster that was started."""

    name: str
    supervisor: ProcessName
    """As this machine sees it."""
    api: str
    ingress: str
    started: float
    """Seconds since the epoch."""
    owner: ProcessName | None
    lacks: tuple[str, ...]


def root() -> Path:
    """Name the folder of all clusters of this user."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "localcluster"


def folder(name: str) -> Path:
    """Name a cluster's folder.

    Raises:
        UsageError: the name is no DNS label of at most 40 characters.

    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} is no name for a cluster: small letters, digits and dashes, at most 40")
    return root() / name


def names() -> list[str]:
    """List the clusters that have a folder."""
    if not root().is_dir():
        return []
    return sorted(path.name for path in root().iterdir() if path.is_dir() and _NAME.fullmatch(path.name))


def write(record: Record) -> None:
    """Keep a record, at once or not at all."""
    path = folder(record.name) / _RECORD
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(record)))
    fresh.rename(path)


def read(name: str) -> Record | None:
    """Read a record; None when there is none that can be read."""
    try:
        raw = json.loads((folder(name) / _RECORD).read_text())
        owner = ProcessName(**raw.pop("owner")) if raw["owner"] else raw.pop("owner")
        supervisor, lacks = ProcessName(**raw.pop("supervisor")), tuple(raw.pop("lacks"))
        return Record(**raw, supervisor=supervisor, owner=owner, lacks=lacks)
    except (OSError, ValueError, TypeError, KeyError):
        return None


def remove(name: str) -> None:
    """Delete a cluster's folder, also what its pods made unreadable."""
    path = folder(name)
    if path.exists():
        shutil.rmtree(path, onerror=_make_removable)
    with suppress(OSError):  # another cluster's folder is still in it
        root().rmdir()


def _make_removable(operation: Callable[..., object], path: str, _error: object) -> None:
    for place in (os.path.dirname(path), path):  # noqa: PTH120 - rmtree speaks in strings
        with suppress(OSError):
            Path(place).chmod(stat.S_IRWXU)
    with suppress(FileNotFoundError):
        if operation in (os.unlink, os.rmdir):
            operation(path)
        else:
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def locked(name: str) -> Iterator[int]:
    """Keep others from starting or stopping the same cluster; yield the lock's descriptor.

    A child that inherits the descriptor holds the lock too, until it closes it or ends.
    """
    folder(name)
    path = root() / f".{name}.lock"
    descriptor = _lock(path)
    try:
        yield descriptor
    finally:
        with suppress(FileNotFoundError):
            path.unlink()
        os.close(descriptor)
        with suppress(OSError):
            root().rmdir()


def _open(path: Path) -> int:
    """Open the lock's file; whoever ends the last cluster meanwhile removes the folder, so try again."""
    while True:
        with suppress(FileExistsError, FileNotFoundError):
            path.parent.mkdir(parents=True, exist_ok=True)
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _lock(path: Path) -> int:
    while True:
        descriptor = _open(path)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            if os.fstat(descriptor).st_ino == path.stat().st_ino:
                return descriptor
        except FileNotFoundError:
            pass
        os.close(descriptor)  # whoever held it has deleted it: lock the new one
