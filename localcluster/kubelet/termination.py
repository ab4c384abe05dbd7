"""The last words of a container: what it wrote to its termination log, else the end of its log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcluster.kubelet.cri_log import tail_text

if TYPE_CHECKING:
    from localcluster.client import Obj
    from localcluster.kubelet.container_spec import Files

_LONGEST = 4096  # bytes, as upstream
_LOG_LINES, _LOG_BYTES = 80, 2048


def termination_message(files: Files, container: Obj, code: int) -> str:
    """Give the message for the terminated state, or nothing."""
    try:
        with files.termination.open("rb") as file:
            text = file.read(_LONGEST).decode(errors="replace")
    except OSError:
        text = ""
    if text or code == 0 or container.get("terminationMessagePolicy") != "FallbackToLogsOnError":
        return text
    return tail_text(files.log, _LOG_LINES)[-_LOG_BYTES:]
