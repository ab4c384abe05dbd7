"""The extra `embedded` alone brings all that runs; the tools for tests bring more, which could hide a gap."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[3]

# Argument 1: the distributions that may be used. Drivers are named that are imported only when a connection is made.
IMPORT_ALL = """
import importlib, importlib.metadata, pkgutil, sys

allowed, owners = set(sys.argv[1].split()), importlib.metadata.packages_distributions()

class Gate:
    def find_spec(self, name, path=None, target=None):
        of = {owner.lower().replace("_", "-") for owner in owners.get(name.partition(".")[0], ())}
        if of and not of & allowed:
            raise ModuleNotFoundError(f"No module named {name!r}, which {', '.join(of)} brings", name=name)

sys.meta_path.insert(0, Gate())
for package in ("runner", "localcluster"):
    for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
import celery.backends.redis, celery.beat, celery.bin.worker, kombu.transport.redis
import django.core.cache.backends.redis, django.db.backends.postgresql.base, gunicorn.app.wsgiapp
import patroni.__main__, patroni.dcs.kubernetes, psycopg, redis.asyncio.sentinel
"""


def declared(extra: str) -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *project["optional-dependencies"][extra]]


def closure(lines: Iterable[str]) -> dict[str, str]:
    """Give each distribution that pip would install for these requirements, with its version here."""
    found: dict[str, str] = {}
    waiting = [(Requirement(line), "") for line in lines]
    seen = set()
    while waiting:
        need, extra = waiting.pop()
        if need.marker and not need.marker.evaluate({"extra": extra}):
            continue
        name = re.sub(r"[-_.]+", "-", need.name).lower()
        found[name] = metadata.version(name)
        for wanted in {"", *need.extras}:
            if (name, wanted) not in seen:
                seen.add((name, wanted))
                waiting += [(Requirement(line), wanted) for line in metadata.requires(name) or []]
    return found


def test_the_extra_brings_every_module_that_is_imported():
    """kombu wants `packaging` for Redis but says so in an extra only: a clean clone had workers that never started."""
    allowed = " ".join([*closure(declared("embedded")), "e2e-run"])

    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, allowed], capture_output=True, text=True, cwd=ROOT, check=False
    )

    assert done.returncode == 0, done.stderr[-1500:]


def test_every_distribution_is_pinned():
    """Two installations of one commit are the same, whenever they are made."""
    pinned = (ROOT / "constraints.txt").read_text(encoding="utf-8").lower().replace("_", "-").split()

    needed = closure(declared("embedded") + declared("dev"))

    assert {f"{name}=={version}" for name, version in needed.items()} <= set(pinned)
