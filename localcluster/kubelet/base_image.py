"""What every image holds: the interpreter, the packages, and their programs in /usr/local/bin."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from localcluster.sandbox.runtime import Mount

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcluster.kubelet.images import Recipe

BIN = "/usr/local/bin"
# python must not be a symlink: it finds its packages by the path it was called with
_WRAPPER = '#!/bin/sh\nexec {python} "$@"\n'


class BaseImage:
    """Mounts for a recipe; the folders of programs lie below `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[str, Path] = {}

    def mounts(self, recipe: Recipe) -> list[Mount]:
        """Give the mounts in order, all read-only.

        Raises:
            ImageError: a path of the recipe does not exist.
        """
        sources = recipe.sources()
        programs = self._programs(recipe.digest, sources)
        shown = {str(place): place for place in _interpreter()} | {BIN: programs} | _below_bin() | sources
        ordered = sorted(shown.items(), key=lambda pair: (len(Path(pair[0]).parts), pair[0]))
        return [Mount(source, target, read_only=True) for target, source in ordered]

    def _programs(self, digest: str, sources: Mapping[str, Path]) -> Path:
        if digest not in self._made:
            folder = self._folder / digest.removeprefix("sha256:")[:16]
            folder.mkdir(parents=True, exist_ok=True)
            self._made[digest] = _fill(folder, {**sources, **_below_bin()})
        return self._made[digest]


def _fill(folder: Path, sources: Mapping[str, Path]) -> Path:
    for program in (Path(sys.prefix) / "bin").iterdir():
        if not (folder / program.name).is_symlink() and not program.name.startswith("python"):
            (folder / program.name).symlink_to(program)
    for name in ("python", "python3"):
        (folder / name).write_text(_WRAPPER.format(python=Path(sys.prefix) / "bin" / "python"))
        (folder / name).chmod(0o755)
    for target, source in sources.items():
        if Path(target).parent == Path(BIN):
            _placeholder(folder / Path(target).name, source)
    return folder


def _placeholder(place: Path, source: Path) -> None:
    """Make a mount point: nothing can be made in the folder once it is mounted read-only."""
    place.unlink(missing_ok=True)
    if source.is_dir():
        place.mkdir(exist_ok=True)
    else:
        place.touch()


def _interpreter() -> list[Path]:
    """The folders without which `{venv}/bin/python` does not start, but for what lies in /usr."""
    places = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent.parent}
    places |= {Path(entry).resolve() for entry in sys.path if entry and Path(entry).is_dir()}
    outside = [place for place in places if not place.is_relative_to("/usr")]
    return [place for place in outside if not any(place != other and place.is_relative_to(other) for other in outside)]


def _below_bin() -> dict[str, Path]:
    """The machine's own interpreter, if it lies where the programs of the image go."""
    found = Path(sys.executable).resolve()
    return {str(found): found} if found.parent == Path(BIN) else {}
