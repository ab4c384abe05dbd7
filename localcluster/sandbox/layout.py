"""Finds out what of this machine every container needs to see: programs, the interpreter, a few files of /etc."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .rootfs import Layout

_ETC = (
    "alternatives",
    "ca-certificates",
    "crypto-policies",
    "fonts",
    "ld.so.cache",
    "localtime",
    "mime.types",
    "os-release",
    "pki",
    "protocols",
    "services",
    "ssl",
    "timezone",
)


def detect() -> Layout:
    """Look at this machine and this interpreter."""
    prefixes = _prefixes()
    return Layout(
        trees=_without_nested(["/usr", *prefixes]),
        local=_local(),
        etc=[name for name in _ETC if Path("/etc", name).exists()],
    )


def _prefixes() -> list[str]:
    """List the folders of the interpreter under the names that scripts and links may use for them."""
    program = Path(sys.executable).resolve().parent.parent
    named = [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix, str(program)]
    return [path for name in named for path in (name, os.path.realpath(name))]


def _without_nested(trees: list[str]) -> list[str]:
    kept: list[str] = []
    for tree in sorted(set(trees), key=len):
        if not any(tree == other or tree.startswith(other.rstrip("/") + "/") for other in kept):
            kept.append(tree)
    return kept


def _local() -> str:
    """Choose what is shown as /usr/local: the environment, unless the interpreter itself lives in /usr/local."""
    if sys.prefix == "/usr" or any(path.startswith("/usr/local") for path in _prefixes()):
        return ""
    return sys.prefix
