"""Keeps logs small: a large one is copied to NAME.1 and emptied."""

from __future__ import annotations

import asyncio
import os
import shutil
from typing import TYPE_CHECKING

from localcluster.kubelet.cri_log import rotated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

LARGEST = 10 * 1024 * 1024  # bytes, as upstream
_PERIOD = 10.0  # seconds between looks


async def rotate_logs(logs: Callable[[], Iterable[Path]]) -> None:
    """Look after the logs, until cancelled."""
    while True:
        await asyncio.sleep(_PERIOD)
        for log in logs():
            rotate(log, LARGEST)


def rotate(log: Path, largest: int) -> bool:
    """Rotate a log that is larger than `largest` bytes.

    It is copied and emptied instead of renamed, since its writer has it open (to append). Nothing is lost: the writer
    works on the event loop, as we do.
    """
    try:
        if log.stat().st_size <= largest:
            return False
        shutil.copyfile(log, rotated(log))
        os.truncate(log, 0)
    except OSError:
        return False
    return True
