"""The file system of a container, put together from the machine's own files.

Runs in the container's forked first process, in its own mount namespace, before the program is executed: imports
nothing late, since the machine's files are about to disappear.
"""

# pathlib is not loaded in the spawner, to keep it small:
# ruff: noqa: PTH101, PTH102, PTH103, PTH106, PTH108, PTH110, PTH112, PTH114, PTH115, PTH120, PTH123, PTH208, PTH211
# modes and paths are what programs expect of a machine:
# ruff: noqa: S103, S108

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from . import syscalls as sys_

_OLD = "/.old"
_LINKED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_DIRECTORIES = ("etc", "proc", "dev", "tmp", "run", "var", "var/tmp", "home", "root", "opt", "srv", "mnt")
_STICKY = ("tmp", "var/tmp", "run", "home")  # what some user of an image may want to write to
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_DEVICE_LINKS = (
    ("/proc/self/fd", "fd"),
    ("/proc/self/fd/0", "stdin"),
    ("/proc/self/fd/1", "stdout"),
    ("/proc/self/fd/2", "stderr"),
    ("pts/ptmx", "ptmx"),
)


@dataclass(frozen=True)
class Layout:
    """What of the machine every container sees; computed once."""

    trees: Sequence[str]
    """Folders shown read-only at their own place: /usr, the interpreter, its virtual environment."""
    over: Sequence[tuple[str, str]]
    """(folder, place) shown read-only in the place of something else: the virtual environment as /usr/local."""
    scripts: str
    """Folder whose programs get links in /usr/local/bin, or empty."""
    etc: Sequence[str]
    """Files and folders of /etc shown read-only."""


@dataclass(frozen=True)
class Plan:
    """What one container sees beside that."""

    etc_files: Mapping[str, str]
    mounts: Sequence[tuple[str, str, bool]]
    """(source, target, read only), in order."""
    workdir: str
    read_only_root: bool


def build(layout: Layout, plan: Plan, stage: str) -> None:
    """Make the container's root and enter it.

    `stage` is any folder; the root is mounted on it, in this mount namespace only.

    Raises:
        OSError: a mount or a file was refused; the message names it.

    """
    real = {source: os.path.realpath(source) for source in _sources(layout, plan)}
    sys_.mount("none", "/", None, sys_.MS_REC | sys_.MS_PRIVATE)
    sys_.mount("tmpfs", stage, "tmpfs", sys_.MS_NOSUID | sys_.MS_NODEV, "mode=755")
    links = _top_links()
    os.mkdir(stage + _OLD)
    sys_.pivot_root(stage, stage + _OLD)
    os.chdir("/")
    _fill(links, real)
    _show(layout, real)
    _write_etc(plan)
    for source, target, read_only in plan.mounts:
        _bind(_OLD + real[source], target, read_only=read_only)
    _make_workdir(plan.workdir)
    sys_.unmount(_OLD)
    os.rmdir(_OLD)
    if plan.read_only_root:
        _lock_root()


def _sources(layout: Layout, plan: Plan) -> Iterable[str]:
    yield from layout.trees
    yield from (f"/etc/{name}" for name in layout.etc)
    yield from (f"/dev/{name}" for name in _DEVICES)
    yield from (source for source, _, _ in plan.mounts)
    yield from (folder for folder, _ in layout.over)


def _top_links() -> list[tuple[str, str | None]]:
    """Tell how /bin and the like look on this machine: links into /usr, or folders (None)."""
    found: list[tuple[str, str | None]] = []
    for name in _LINKED:
        if os.path.islink(f"/{name}"):
            found.append((name, os.readlink(f"/{name}")))
        elif os.path.isdir(f"/{name}"):
            found.append((name, None))
    return found


def _fill(links: Sequence[tuple[str, str | None]], real: Mapping[str, str]) -> None:
    for name in _DIRECTORIES:
        os.mkdir(f"/{name}", 0o755)
    for name in _STICKY:
        os.chmod(f"/{name}", 0o1777)
    os.symlink("../run", "/var/run")
    for name, target in links:
        if target is None:
            _bind(f"{_OLD}/{name}", f"/{name}", read_only=True)
        else:
            os.symlink(target, f"/{name}")
    sys_.mount("proc", "/proc", "proc", sys_.MS_NOSUID | sys_.MS_NODEV | sys_.MS_NOEXEC)
    _protect_proc()
    _make_devices(real)


def _protect_proc() -> None:
    """Keep a container that the machine's root started from writing to the machine's settings."""
    for name in ("sys", "sysrq-trigger", "irq", "bus"):
        path = f"/proc/{name}"
        if os.path.exists(path):
            _bind(path, path, read_only=True)


def _make_devices(real: Mapping[str, str]) -> None:
    sys_.mount("tmpfs", "/dev", "tmpfs", sys_.MS_NOSUID, "mode=755")
    for name in _DEVICES:
        _bind(_OLD + real[f"/dev/{name}"], f"/dev/{name}", read_only=False)
    os.mkdir("/dev/shm")
    sys_.mount("tmpfs", "/dev/shm", "tmpfs", sys_.MS_NOSUID | sys_.MS_NODEV, "mode=1777")
    os.mkdir("/dev/pts")
    sys_.mount("devpts", "/dev/pts", "devpts", sys_.MS_NOSUID | sys_.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=620")
    for target, name in _DEVICE_LINKS:
        os.symlink(target, f"/dev/{name}")


def _show(layout: Layout, real: Mapping[str, str]) -> None:
    for tree in layout.trees:
        _bind(_OLD + real[tree], tree, read_only=True)
    for folder, place in layout.over:
        _bind(_OLD + real[folder], place, read_only=True)
    if layout.scripts:
        _link_scripts(layout.scripts)
    for name in layout.etc:
        _bind(_OLD + real[f"/etc/{name}"], f"/etc/{name}", read_only=True)


def _link_scripts(folder: str) -> None:
    """Link programs into /usr/local/bin, beside those that are there already."""
    _open_up("/usr/local/bin")
    there = set(os.listdir("/usr/local/bin"))
    for name in os.listdir(folder):
        if name not in there:
            os.symlink(f"{folder}/{name}", f"/usr/local/bin/{name}")


def _write_etc(plan: Plan) -> None:
    for name, content in plan.etc_files.items():
        with open(f"/etc/{name}", "w", encoding="utf-8") as file:
            file.write(content)
    os.symlink("/proc/self/mounts", "/etc/mtab")


def _make_workdir(workdir: str) -> None:
    """Make the working directory, as Docker does; in a read-only place its absence shows at chdir."""
    try:
        os.makedirs(workdir, exist_ok=True)
    except OSError:
        return


def _lock_root() -> None:
    """Remount the root alone: volumes stay as they were asked for."""
    flags = sys_.MS_REMOUNT | sys_.MS_BIND | sys_.MS_RDONLY | sys_.MS_NOSUID | sys_.MS_NODEV
    sys_.mount("none", "/", None, flags)


def _bind(source: str, target: str, *, read_only: bool) -> None:
    directory = os.path.isdir(source)
    if not os.path.exists(source):
        raise OSError(2, f"cannot show {source.removeprefix(_OLD)} at {target}: no such file or directory")
    _make_place(target, directory=directory)
    sys_.mount(source, target, None, sys_.MS_BIND | sys_.MS_REC)
    if read_only:
        sys_.make_read_only(target)


def _make_place(target: str, *, directory: bool) -> None:
    """Make something to mount on; a read-only folder on the way is replaced by a writable likeness."""
    if os.path.exists(target):
        return
    try:
        _create(target, directory=directory)
    except OSError:
        _open_up(_nearest_folder(target))
        _create(target, directory=directory)


def _create(target: str, *, directory: bool) -> None:
    if directory:
        os.makedirs(target, exist_ok=True)
        return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    if os.path.islink(target):  # one that leads nowhere
        os.unlink(target)
    os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))


def _nearest_folder(path: str) -> str:
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return os.path.realpath(path)


def _open_up(folder: str) -> None:
    """Put a writable folder with the same entries over a read-only one."""
    below = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        entries = [(entry.name, entry.is_symlink(), entry.is_dir()) for entry in os.scandir(folder)]
        sys_.mount("tmpfs", folder, "tmpfs", sys_.MS_NOSUID | sys_.MS_NODEV, "mode=755")
        for name, is_link, is_directory in entries:
            _repeat(f"/proc/self/fd/{below}/{name}", f"{folder}/{name}", is_link=is_link, is_directory=is_directory)
    finally:
        os.close(below)


def _repeat(source: str, target: str, *, is_link: bool, is_directory: bool) -> None:
    if is_link:
        os.symlink(os.readlink(source), target)
        return
    _create(target, directory=is_directory)
    sys_.mount(source, target, None, sys_.MS_BIND | sys_.MS_REC)
