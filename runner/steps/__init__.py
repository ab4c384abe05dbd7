"""One file is one step kind; the word in the playbook is the name of the file (hyphen becomes underscore).

A word that Python keeps for itself gets an underscore behind: `assert` is `assert_.py`. A module is imported when its
kind is asked for and not before. A `steps/` folder beside a playbook is searched after this one.
"""

from __future__ import annotations

import importlib
import importlib.util
import keyword
import pkgutil
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType

from runner.core.errors import InvalidInput, Mistake, Where
from runner.core.step import Step


def find(kind: str, folders: Iterable[str | Path] = ()) -> type[Step] | None:
    """The class of a step kind, from here or from one of the `folders`; None when there is none of that name.

    Raises:
        InvalidInput: the file is there but cannot be imported, or does not hold exactly one kind.

    """
    stem = _stem(kind)
    if not stem.isidentifier() or "_" in kind:
        return None
    if stem in _stems(__path__):
        return _only_step(importlib.import_module(f"{__name__}.{stem}"))
    for folder in folders:
        path = Path(folder) / f"{stem}.py"
        if path.is_file():
            return _only_step(_imported(path))
    return None


def names(folders: Iterable[str | Path] = ()) -> list[str]:
    """All words that `find` knows, sorted; imports nothing."""
    stems = _stems([*__path__, *(str(folder) for folder in folders)])
    return sorted(stem.removesuffix("_").replace("_", "-") for stem in stems)


def _stem(kind: str) -> str:
    stem = kind.replace("-", "_")
    return f"{stem}_" if keyword.iskeyword(stem) else stem


def _stems(paths: Iterable[str]) -> set[str]:
    return {found.name for found in pkgutil.iter_modules(list(paths)) if not found.name.startswith("_")}


def _imported(path: Path) -> ModuleType:
    """A team's own kind; its module is named after its path, so that two playbooks may have kinds of the same name."""
    name = f"{'_'.join(path.resolve().parent.parts[1:])}.{path.stem}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise InvalidInput([Mistake(_where(error, path), f"{type(error).__name__}: {error}")]) from error
    return module


def _where(error: Exception, path: Path) -> Where:
    """The line of that file where it went wrong."""
    line = error.lineno if isinstance(error, SyntaxError) and error.lineno else 1
    frame = error.__traceback__
    while frame:
        if frame.tb_frame.f_code.co_filename == str(path):
            line = frame.tb_lineno
        frame = frame.tb_next
    return Where(str(path), line)


def _only_step(module: ModuleType) -> type[Step]:
    found: list[type[Step]] = [value for value in vars(module).values() if _is_step_of(value, module)]
    if len(found) != 1:
        what = f"a step file holds one public step class, this one {len(found)}"
        raise InvalidInput([Mistake(Where(str(module.__file__), 1), what)])
    return found[0]


def _is_step_of(value: object, module: ModuleType) -> bool:
    if not (isinstance(value, type) and issubclass(value, Step)):
        return False
    return value.__module__ == module.__name__ and not value.__name__.startswith("_")
