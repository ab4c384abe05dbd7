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
    over, scripts = _programs()
    return Layout(
        trees=_without_nested(["/usr", *prefixes]),
        over=over,
        scripts=scripts,
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


def _programs() -> tuple[list[tuple[str, str]], str]:
    """Choose how the environment's programs and packages come to where every image has them: /usr/local.

    As /usr/local itself, unless the interpreter lives there; then its packages take the place of the interpreter's, and
    its programs are linked beside the interpreter.
    """
    if sys.prefix in ("/usr", "/usr/local"):
        return [], ""
    if not sys.base_prefix.startswith("/usr/local"):
        return [(sys.prefix, "/usr/local")], ""
    packages = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
    return [(f"{sys.prefix}/{packages}", f"{sys.base_prefix}/{packages}")], f"{sys.prefix}/bin"
