"""Which kinds of objects a server knows, and under which path each of them lives."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runner.core.target import ApiRefused
from runner.targets.api.session import Session

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"


@dataclass(frozen=True)
class Resource:
    """One kind in one version."""

    group: str
    version: str
    kind: str
    plural: str
    namespaced: bool

    @property
    def api_version(self) -> str:
        """`v1`, `apps/v1`."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None, name: str = "", subresource: str = "") -> str:
        """Path of the collection, of one object, or of a part of it."""
        root = f"/apis/{self.api_version}" if self.group else f"/api/{self.version}"
        inside = f"/namespaces/{namespace}" if self.namespaced and namespace else ""
        tail = "".join(f"/{part}" for part in (name, subresource) if part)
        return f"{root}{inside}/{self.plural}{tail}"


class Kinds:
    """The server's kinds, asked for once and again when an unknown one is wanted (a CRD may have come)."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: list[Resource] = []

    async def find(self, kind: str) -> Resource:
        """The resource of `Pod`, `Ingress.networking.k8s.io` or `apps/v1/Deployment`.

        Raises:
            ApiRefused: the server has no such kind (404, `NoKind`).

        """
        found = _match(kind, self._known)
        if found is None:
            self._known = await self._discover()
            found = _match(kind, self._known)
        if found is None:
            near = difflib.get_close_matches(kind, {known.kind for known in self._known}, n=1)
            hint = f'; did you mean "{near[0]}"?' if near else ""
            raise ApiRefused(404, "NoKind", f'the server has no kind "{kind}"{hint}')
        return found

    async def _discover(self) -> list[Resource]:
        found: list[Resource] = []
        for root in ("/api", "/apis"):
            answer = (await self._session.request("GET", root, accept=_AGGREGATED)).json()
            if answer.get("kind") == "APIGroupDiscoveryList":
                found += _aggregated(answer)
            else:
                found += [item async for item in self._one_by_one(root, answer)]
        return found

    async def _one_by_one(self, root: str, answer: Any) -> Any:
        """Discovery of servers before 1.26: one request for each version of each group."""
        if root == "/api":
            paths = [f"/api/{version}" for version in answer["versions"]]
        else:
            paths = [f"/apis/{one['groupVersion']}" for group in answer["groups"] for one in _preferred_first(group)]
        for path in paths:
            try:
                listed = (await self._session.request("GET", path)).json()
            except ApiRefused:
                continue  # an aggregated API that is down must not hide the others
            for resource in _listed(listed):
                yield resource


def _match(kind: str, known: list[Resource]) -> Resource | None:
    for resource in known:
        names = (resource.kind, f"{resource.kind}.{resource.group}", f"{resource.api_version}/{resource.kind}")
        if kind in names:
            return resource
    return None


def _aggregated(answer: Any) -> Iterator[Resource]:
    for group in answer["items"]:
        name = group.get("metadata", {}).get("name", "")
        for version in group["versions"]:
            for one in version.get("resources", []):
                kind = one.get("responseKind", {}).get("kind", "")
                yield Resource(name, version["version"], kind, one["resource"], one["scope"] == "Namespaced")


def _listed(answer: Any) -> Iterator[Resource]:
    group, _, version = answer["groupVersion"].rpartition("/")
    for one in answer["resources"]:
        if "/" not in one["name"]:
            yield Resource(group, version, one["kind"], one["name"], one["namespaced"])


def _preferred_first(group: Any) -> list[Any]:
    preferred = group.get("preferredVersion", {}).get("groupVersion")
    return sorted(group["versions"], key=lambda one: one["groupVersion"] != preferred)
