"""Images are recipe folders: `NAME/recipe.yaml` says what to run and which paths of this machine to show."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from localcluster.kubelet.names import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

log = logging.getLogger(__name__)
# pydantic would read this for us, but costs the kubelet 10 MB
_KEYS = {"image", "images", "argv", "args", "env", "uid", "gid", "workdir", "paths", "requires"}


class ImageError(Exception):
    """An image that cannot be had; `reason` is the one Kubernetes shows, such as ErrImagePull."""

    def __init__(self, message: str, reason: str = "ErrImagePull") -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Recipe:
    """What an image brings: a command, its user and the paths it shows."""

    names: tuple[str, ...]
    digest: str
    argv: Sequence[str] = ()
    args: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    uid: int = 0
    gid: int = 0
    workdir: str = "/"
    paths: Mapping[str, str] = field(default_factory=dict)
    requires: Sequence[str] = ()
    folder: Path = Path()

    def sources(self) -> dict[str, Path]:
        """Give the paths of the image with what they show of this machine.

        Raises:
            ImageError: a package is not installed, or a path does not exist.

        """
        found = {target: _resolve(source, self.folder) for target, source in self.paths.items()}
        for target, source in found.items():
            if not source.exists():
                raise ImageError(f"{self.names[0]}: {target} is to show {source}, which does not exist")
        return found

    def check(self) -> None:
        """See that all it needs is installed.

        Raises:
            ImageError: it names what is missing.

        """
        importlib.invalidate_caches()
        missing = [name for name in self.requires if importlib.util.find_spec(name) is None]
        if missing:
            raise ImageError(f"{self.names[0]} needs Python packages that are not installed: {', '.join(missing)}")
        self.sources()


class Images:
    """All recipes below some folders; later folders win."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._folders = list(folders)
        self._recipes: dict[str, Recipe] = {}
        self._pages: dict[Path, tuple[int, Recipe | None]] = {}
        self.read()

    def read(self) -> None:
        """Look through the folders again; a bad recipe is logged and left out."""
        found = [self._page(page) for folder in self._folders for page in sorted(folder.glob("*/recipe.yaml"))]
        self._recipes = {name: recipe for recipe in found if recipe for name in recipe.names}

    def _page(self, page: Path) -> Recipe | None:
        """Read a page if it has changed: YAML takes milliseconds, and this happens at each start of a container."""
        changed = page.stat().st_mtime_ns
        if page not in self._pages or self._pages[page][0] != changed:
            self._pages[page] = (changed, _read_or_log(page))
        return self._pages[page][1]

    def find(self, image: str, policy: str = "IfNotPresent") -> Recipe:
        """Give the recipe of an image, ready to run.

        Raises:
            ImageError: no recipe, or it needs what this machine does not have.

        """
        name = normalise(image)
        if policy == "Always" or (name not in self._recipes and policy != "Never"):
            self.read()
        recipe = self._recipes.get(name)
        if recipe is None and policy == "Never":
            raise ImageError(f'Container image "{image}" is not present with pull policy of Never', "ErrImageNeverPull")
        if recipe is None:
            raise ImageError(f'no recipe for image "{name}" in {", ".join(map(str, self._folders)) or "no folder"}')
        recipe.check()
        return recipe

    def known(self) -> list[Recipe]:
        """Give each recipe once."""
        return list({id(recipe): recipe for recipe in self._recipes.values()}.values())


def _read_or_log(page: Path) -> Recipe | None:
    try:
        return read_recipe(page)
    except (OSError, ValueError, yaml.YAMLError) as error:
        log.error("%s: %s", page, error)  # noqa: TRY400 - the sentence is for people, a traceback is not
        return None


def read_recipe(page: Path) -> Recipe:
    """Read a recipe.yaml.

    Raises:
        ValueError: what is wrong with it.

    """
    text = page.read_bytes()
    given = yaml.safe_load(text)
    if not isinstance(given, dict) or not (given.get("image") or given.get("images")):
        raise ValueError("a recipe needs the key image: the full name of what it stands for")
    if unknown := given.keys() - _KEYS:
        raise ValueError(f"unknown keys {', '.join(sorted(unknown))}; expected some of {', '.join(sorted(_KEYS))}")
    names = [given["image"]] if given.get("image") else []
    names += given.get("images") or []
    return Recipe(
        names=tuple(normalise(name) for name in names),
        digest="sha256:" + hashlib.sha256(text).hexdigest(),
        folder=page.parent.resolve(),
        argv=_strings(given, "argv"),
        args=_strings(given, "args"),
        requires=_strings(given, "requires"),
        env=_pairs(given, "env"),
        paths=_pairs(given, "paths"),
        uid=int(given.get("uid", 0)),
        gid=int(given.get("gid") or given.get("uid") or 0),
        workdir=str(given.get("workdir", "/")),
    )


def _strings(given: dict[str, Any], key: str) -> list[str]:
    value = given.get(key) or []
    if not isinstance(value, list):
        raise ValueError(f"{key} must be a list of strings, not {value!r}")  # noqa: TRY004 - all its errors are one kind
    return [str(entry) for entry in value]


def _pairs(given: dict[str, Any], key: str) -> dict[str, str]:
    value = given.get(key) or {}
    if not isinstance(value, dict):
        raise ValueError(f"{key} must be a mapping, not {value!r}")  # noqa: TRY004 - all its errors are one kind
    return {str(name): str(entry) for name, entry in value.items()}


def _resolve(source: str, folder: Path) -> Path:
    before, marker, rest = source.partition("{package:")
    if marker:
        name, _, after = rest.partition("}")
        return Path(f"{before}{_package(name)}{after}")
    for word, value in (("{recipe}", folder), ("{venv}", sys.prefix), ("{python}", sys.executable)):
        source = source.replace(word, str(value))
    return Path(source).resolve()


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    places = spec.submodule_search_locations if spec else None
    if not places:
        raise ImageError(f"package {name} is not installed")
    return Path(places[0])
