"""A folder of files that changes as a whole: a reader sees all old or all new.

As upstream: the files lie in a folder named by time, `..data` points to it, each visible name points into `..data`; an
update makes a second folder and swaps the one symlink.
"""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_DATA = "..data"


@dataclass(frozen=True)
class File:
    """Content and permission bits."""

    data: bytes
    mode: int = 0o644


def write(folder: Path, files: Mapping[str, File]) -> bool:
    """Make the folder hold exactly these files (relative paths); False if it already did."""
    folder.mkdir(parents=True, exist_ok=True)
    old = folder / _DATA
    if old.is_symlink() and _read(old) == dict(files):
        return False
    fresh = folder / f"..{time.strftime('%Y_%m_%d_%H_%M_%S', time.gmtime())}.{time.time_ns() % 10**9}"
    _fill(fresh, files)
    previous = old.resolve() if old.is_symlink() else None
    (folder / "..data_tmp").symlink_to(fresh.name)
    os.replace(folder / "..data_tmp", old)  # noqa: PTH105 - Path.replace says the same; this one is the known atomic call
    _link(folder, {PurePosixPath(path).parts[0] for path in files})
    if previous is not None:
        shutil.rmtree(previous, ignore_errors=True)
    return True


def _fill(fresh: Path, files: Mapping[str, File]) -> None:
    fresh.mkdir()
    for path, file in files.items():
        place = fresh / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(file.data)
        place.chmod(file.mode)


def _link(folder: Path, visible: set[str]) -> None:
    for name in visible:
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(f"{_DATA}/{name}")
    for entry in folder.iterdir():
        if not entry.name.startswith("..") and entry.name not in visible:
            entry.unlink()


def _read(data: Path) -> dict[str, File]:
    root = data.resolve()
    found = (place for place in root.rglob("*") if place.is_file())
    return {str(place.relative_to(root)): File(place.read_bytes(), place.stat().st_mode & 0o777) for place in found}
