"""Takes a process into namespaces of its own: the cluster's private machine."""

from __future__ import annotations

import os
from pathlib import Path

from localcluster.sandbox import syscalls as sys_

from .errors import LauncherError

_ALL = sys_.CLONE_NEWNET | sys_.CLONE_NEWNS | sys_.CLONE_NEWPID | sys_.CLONE_NEWIPC | sys_.CLONE_NEWUTS


def isolate() -> None:
    """Enter new network, mount, IPC and host name namespaces; the next child is pid 1 of a new pid namespace.

    Raises:
        LauncherError: this machine does not allow it to this user.

    """
    try:
        if os.geteuid() != 0:
            _become_root_of_nothing()
        sys_.unshare(_ALL)
    except OSError as error:
        raise LauncherError(
            f"this machine does not let user {os.geteuid()} make namespaces ({error.strerror}); run as root, or allow "
            "unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces, "
            "kernel.apparmor_restrict_unprivileged_userns)"
        ) from error


def _become_root_of_nothing() -> None:
    """Make a user namespace in which this user is root; outside nothing is gained."""
    uid, gid = os.geteuid(), os.getegid()
    sys_.unshare(sys_.CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
    Path("/proc/self/gid_map").write_text(f"0 {gid} 1")


def renew_proc() -> None:
    """Show this pid namespace in /proc, to this mount namespace only.

    Raises:
        LauncherError: the machine is itself a container that hides parts of /proc.

    """
    sys_.mount("none", "/", None, sys_.MS_REC | sys_.MS_PRIVATE)
    try:
        sys_.mount("proc", "/proc", "proc", sys_.MS_NOSUID | sys_.MS_NODEV | sys_.MS_NOEXEC)
    except OSError as error:
        raise LauncherError(
            f"/proc cannot be mounted ({error.strerror}): this machine is probably a container with a masked /proc; "
            "start it with an unmasked one (docker run --security-opt systempaths=unconfined)"
        ) from error
