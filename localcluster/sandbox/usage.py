"""What a tree of processes has used, read from /proc."""

from __future__ import annotations

import os
from pathlib import Path

from .runtime import Usage

_TICK = os.sysconf("SC_CLK_TCK")


def tree(root: int) -> list[int]:
    """List a process and all its descendants (in a pid namespace orphans belong to its first process)."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += _children(pid)
    return found


def _children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(word) for task in tasks for word in (task / "children").read_text().split()]
    except OSError:
        return []


def measure(roots: list[int]) -> Usage:
    """Add up CPU seconds (with those of ended, waited-for children) and memory of process trees.

    Memory is private pages of each process and the largest shared mapping once: pages that forked workers still share
    with their parent are counted for each, so it is an upper estimate; `proportional` is exact and ten times dearer.
    """
    cpu, private, shared = 0.0, 0, 0
    for pid in (pid for root in roots for pid in tree(root)):
        try:
            cpu += _cpu(Path(f"/proc/{pid}/stat").read_text())
            anonymous, shmem = _memory(Path(f"/proc/{pid}/status").read_text())
        except (OSError, ValueError):  # it ended meanwhile
            continue
        private += anonymous
        shared = max(shared, shmem)
    return Usage(cpu, private + shared)


def proportional(roots: list[int]) -> int:
    """Add up the bytes of process trees, each shared page divided among its users."""
    total = 0
    for pid in (pid for root in roots for pid in tree(root)):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def _cpu(stat: str) -> float:
    fields = stat[stat.rindex(")") + 2 :].split()
    return sum(int(field) for field in fields[11:15]) / _TICK  # utime stime cutime cstime


def _memory(status: str) -> tuple[int, int]:
    values = dict(line.split(":", 1) for line in status.splitlines() if line.startswith("Rss"))
    anonymous, shmem = values.get("RssAnon", "0 kB"), values.get("RssShmem", "0 kB")
    return int(anonymous.split()[0]) * 1024, int(shmem.split()[0]) * 1024
