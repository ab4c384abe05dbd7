"""What is known of a container, and how the API shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcluster.client import Obj


@dataclass(frozen=True)
class Ended:
    """How a run of a container ended; times are stamps."""

    code: int
    reason: str
    started_at: str
    finished_at: str
    container_id: str = ""
    message: str = ""
    signal: int = 0

    def as_state(self) -> Obj:
        """Give the ContainerState object."""
        shown: Obj = {
            "exitCode": self.code,
            "reason": self.reason,
            "startedAt": self.started_at,
            "finishedAt": self.finished_at,
        }
        shown |= {"containerID": self.container_id} if self.container_id else {}
        shown |= {"message": self.message} if self.message else {}
        shown |= {"signal": self.signal} if self.signal else {}
        return {"terminated": shown}

    @classmethod
    def from_state(cls, shown: Obj) -> Ended:
        """Read a terminated state back."""
        return cls(
            code=shown["exitCode"],
            reason=shown.get("reason") or "Error",
            started_at=shown.get("startedAt") or "",
            finished_at=shown.get("finishedAt") or "",
            container_id=shown.get("containerID") or "",
            message=shown.get("message") or "",
            signal=shown.get("signal") or 0,
        )


@dataclass
class ContainerState:
    """One container as it is now: waiting, running or ended."""

    name: str
    image: str
    waiting: str = "ContainerCreating"
    """Reason shown while it neither runs nor has ended."""
    why: str = ""
    """Message to the reason."""
    image_id: str = ""
    container_id: str = ""
    running_since: str = ""
    ended: Ended | None = None
    last: Ended | None = None
    restarts: int = 0
    ready: bool = False
    started: bool = False

    def wait(self, reason: str, message: str = "") -> None:
        """Show a reason for not running; an end before becomes the last state."""
        if self.ended is not None:
            self.last, self.ended = self.ended, None
        self.waiting, self.why, self.running_since = reason, message, ""
        self.ready = self.started = False

    def run(self, container_id: str, since: str) -> None:
        """Show it running."""
        if self.ended is not None:
            self.last, self.ended = self.ended, None
        self.container_id, self.running_since = container_id, since

    def end(self, ended: Ended) -> None:
        """Show how it ended."""
        if self.ended is not None:
            self.last = self.ended
        self.ended, self.running_since = ended, ""
        self.ready = self.started = False

    def as_status(self) -> Obj:
        """Give the ContainerStatus object."""
        status: Obj = {
            "name": self.name,
            "image": self.image,
            "imageID": self.image_id,
            "ready": self.ready,
            "started": self.started,
            "restartCount": self.restarts,
            "state": self._state(),
            "lastState": self.last.as_state() if self.last else {},
        }
        return status | ({"containerID": self.container_id} if self.container_id else {})

    def _state(self) -> Obj:
        if self.ended is not None:
            return self.ended.as_state()
        if self.running_since:
            return {"running": {"startedAt": self.running_since}}
        return {"waiting": {"reason": self.waiting} | ({"message": self.why} if self.why else {})}


def restore(state: ContainerState, status: Obj, now: str) -> None:
    """Take over what an earlier life of the node wrote: how often it was started, how it ended last.

    A container that ran then has ended with the power: exit code 137, as upstream shows it.
    """
    state.restarts = status.get("restartCount", 0)
    shown = status.get("state") or {}
    last = (status.get("lastState") or {}).get("terminated")
    state.last = Ended.from_state(last) if last else None
    if "terminated" in shown:
        state.ended = Ended.from_state(shown["terminated"])
    elif "running" in shown:
        since = shown["running"].get("startedAt") or now
        state.ended = Ended(137, "ContainerStatusUnknown", since, now, status.get("containerID", ""))
