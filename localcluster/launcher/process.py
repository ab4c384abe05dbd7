"""A process named by its pid and the moment it started, so that a recycled pid is never mistaken for it."""

from __future__ import annotations

import os
import select
import signal
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ProcessName:
    """Pid and start time (clock ticks since boot)."""

    pid: int
    started: int

    def alive(self) -> bool:
        """Tell whether it is still there; a zombie is not."""
        return start_time(self.pid) == self.started

    def kill(self, seconds: float) -> bool:
        """End it at once and wait for its end; False if it is still there after so long.

        The end of a pid namespace's first process comes after that of all the others in it.
        """
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            if not self.alive():  # asked after the descriptor was opened: from here on it cannot be another one
                return True
            signal.pidfd_send_signal(handle, signal.SIGKILL)
            return bool(select.select([handle], [], [], seconds)[0])
        except ProcessLookupError:
            return True
        finally:
            os.close(handle)


def start_time(pid: int) -> int | None:
    """Read when a process started, None when there is no living one."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat[stat.rindex(")") + 2 :].split()
    return None if fields[0] in "ZX" else int(fields[19])


def named(pid: int) -> ProcessName | None:
    """Name a living process."""
    started = start_time(pid)
    return None if started is None else ProcessName(pid, started)
