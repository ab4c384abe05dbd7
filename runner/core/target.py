"""Ways to reach a system, as the steps see them. `targets/` holds one file for each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

Obj = dict[str, Any]
"""A Kubernetes object as the API gives it (camelCase keys)."""


@dataclass(frozen=True)
class CommandResult:
    """A command that has ended."""

    code: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Change:
    """One event of a watch, stamped when it was read."""

    type: str
    """ADDED, MODIFIED or DELETED."""
    object: Obj
    at: float
    """Seconds on the event loop's clock."""


class Cluster(Protocol):
    """A Kubernetes cluster. `kind` is `Pod`, `Deployment`, …, or `Kind.group` when a name is ambiguous.

    Every method raises `Unreachable` when the API does not answer (time limit 10 s a call) and `ApiRefused` when it
    answers with an error other than the ones a method says.
    """

    namespace: str
    """Where objects are looked for unless a step says otherwise."""
    ingress: str | None
    """Base address of the ingress, such as `http://127.0.0.1:30080`; requests carry a Host header of their own."""
    identity: str
    """Tells this cluster from every other, also one that is later found under the same name."""
    version: str
    """The server's version, such as `v1.34.0+embedded`."""
    capabilities: frozenset[str]
    """What was found to be there: network-policy, metrics, ingress, storage, quota."""

    async def get(self, kind: str, name: str, namespace: str | None = None) -> Obj | None:
        """One object, or None when there is none of that name."""

    async def list(self, kind: str, selector: str = "", *, namespace: str | None = None, fields: str = "") -> list[Obj]:
        """All objects that match a label selector and a field selector."""

    async def apply(self, manifest: Obj) -> str:
        """Create or merge (client-side apply): `created`, `configured` or `unchanged`."""

    async def create(self, manifest: Obj, *, dry_run: bool = False) -> Obj:
        """Create; `ApiRefused` carries code and message when the API says no. `dry_run`: all but the storing."""

    async def patch(
        self, kind: str, name: str, patch: Obj, namespace: str | None = None, *, subresource: str = ""
    ) -> Obj:
        """Merge patch."""

    async def delete(
        self, kind: str, name: str, namespace: str | None = None, *, grace: float | None = None, uid: str | None = None
    ) -> bool:
        """Ask for deletion; `grace` in seconds, None: the object's own. False when it was not there.

        With `uid`, an object of the same name that is another one is left alone: `ApiRefused` 409.
        """

    async def exec(
        self,
        pod: str,
        argv: Sequence[str],
        *,
        container: str | None = None,
        namespace: str | None = None,
        stdin: str | None = None,
        timeout: float = 30.0,
    ) -> CommandResult:
        """Run a command in a container; a code other than 0 is a result, not an error. Raises TimeoutError."""

    async def logs(
        self,
        pod: str,
        *,
        container: str | None = None,
        namespace: str | None = None,
        tail: int | None = None,
        since: float | None = None,
        previous: bool = False,
    ) -> str:
        """Log text of a container; `since` in seconds before now."""

    def watch(self, kind: str, selector: str = "", *, namespace: str | None = None) -> AsyncIterator[Change]:
        """Changes from now on (the present objects come first, as ADDED); reconnects by itself."""

    def tunnel(self, pod: str, port: int, namespace: str | None = None) -> AbstractAsyncContextManager[tuple[str, int]]:
        """A local address whose connections end at that port inside the pod (port-forward), while it is open."""

    async def read(self, path: str) -> str:
        """GET of a path of the API, such as `/api/v1/nodes/n1/proxy/runningpods/`: the body as text."""

    async def time(self) -> float:
        """The API server's clock, UTC seconds since 1970, exact to a second: what its timestamps compare with."""

    async def close(self) -> None:
        """Give connections back."""


class ApiRefused(Exception):
    """The API answered, and said no."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message
