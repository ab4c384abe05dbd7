"""A Kubernetes cluster that a kubeconfig knows."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from runner.core.errors import Unreachable
from runner.core.target import ApiRefused, Change, CommandResult, Obj
from runner.targets.api import merge
from runner.targets.api.capabilities import detect
from runner.targets.api.execute import execute
from runner.targets.api.kinds import Kinds, Resource
from runner.targets.api.session import Session, server_time
from runner.targets.api.tunnel import tunnel
from runner.targets.api.watch import Watch

starts_its_own = False


class Options(BaseModel):
    """What an inventory says about a cluster."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    context: str | None = Field(default=None, description="Context of the kubeconfig; default: its current one.")
    kubeconfig: str | None = Field(
        default=None, description="Path, relative to the inventory; default: $KUBECONFIG, then ~/.kube/config."
    )
    namespace: str = Field(default="default", description="Where steps look unless they say otherwise.")
    ingress: str | None = Field(
        default=None,
        description="Base address of the ingress as this machine reaches it, such as http://127.0.0.1:8080.",
    )


def supported() -> None:
    """It works wherever the runner does."""


async def connect(options: Options, *, folder: str = ".", **_: object) -> KubernetesCluster:
    """Connect to the cluster of a context and find out what it can do."""
    config = _below(folder, options.kubeconfig) if options.kubeconfig else None
    return await open_context(
        config, options.context, namespace=options.namespace, ingress=options.ingress, capabilities=None
    )


async def open_context(
    config: str | None,
    context: str | None,
    *,
    namespace: str,
    ingress: str | None,
    capabilities: frozenset[str] | None,
) -> KubernetesCluster:
    """Connect with a kubeconfig file (None: the usual ones). `capabilities` None: detect them.

    Raises:
        Unreachable: no such file or context, no answer, or the credentials are not accepted.

    """
    session = Session(await _client(config, context))
    try:
        version = await _version(session)
        cluster = KubernetesCluster(session, namespace, ingress, version)
        cluster.identity = await _identity(cluster, session.address)
        cluster.capabilities = await detect(cluster) if capabilities is None else capabilities
    except ApiRefused as error:
        await session.close()
        raise Unreachable(
            f"the Kubernetes API at {session.address} refuses us: {error.code} {error.message}"
        ) from error
    except BaseException:
        await session.close()
        raise
    return cluster


async def _version(session: Session) -> str:
    answer = await session.request("GET", "/version")
    try:
        return str(answer.json()["gitVersion"])
    except (ValueError, TypeError, KeyError) as error:
        raise Unreachable(f"what answers at {session.address} is no Kubernetes API: it tells no version") from error


async def _identity(cluster: KubernetesCluster, address: str) -> str:
    """The uid of the namespace kube-system, as is usual; the address where we may not read it."""
    try:
        system = await cluster.get("Namespace", "kube-system")
    except ApiRefused:
        system = None
    return str(system["metadata"]["uid"]) if system else address


def _below(folder: str, path: str) -> str:
    return str(Path(folder) / Path(path).expanduser())


async def _client(config: str | None, context: str | None) -> Any:
    """An ApiClient of the official package: it knows all the ways a kubeconfig names credentials."""
    from kubernetes.aio.client import ApiClient, Configuration
    from kubernetes.aio.config import ConfigException, load_kube_config

    path = _kubeconfig(config)
    settings = Configuration()
    try:
        await load_kube_config(config_file=path, context=context, client_configuration=settings)
        return ApiClient(settings)
    except ConfigException as error:
        # Its text may quote the file; the usual causes are said in our own words.
        _, named, missing = str(error).partition("File does not exists: ")
        if named:
            raise Unreachable(f"the kubeconfig {path} names {missing}, which does not exist") from error
        wanted = f'no context "{context}"' if context else "no usable current context"
        raise Unreachable(f"{wanted} in the kubeconfig {path}") from error
    except OSError as error:
        raise Unreachable(f"cannot read the kubeconfig {path}: {(error.strerror or 'unreadable').lower()}") from error
    except Exception as error:  # the package falls over a broken file in as many ways as there are to break one
        raise Unreachable(f"{path} is no kubeconfig that can be understood ({type(error).__name__})") from error


def _kubeconfig(given: str | None) -> str:
    """Give the paths, joined by colons. The package would print to the terminal when there is no file."""
    path = given or os.environ.get("KUBECONFIG") or "~/.kube/config"
    if not any(Path(one).expanduser().exists() for one in path.split(os.pathsep)):
        raise Unreachable(f"no kubeconfig at {path}")
    return path


class KubernetesCluster:
    """The `core.target.Cluster` that speaks HTTP."""

    def __init__(self, session: Session, namespace: str, ingress: str | None, version: str) -> None:
        self.namespace = namespace
        self.ingress = ingress
        self.version = version
        self.identity = ""
        self.capabilities: frozenset[str] = frozenset()
        self._session = session
        self._kinds = Kinds(session)

    async def get(self, kind: str, name: str, namespace: str | None = None) -> Obj | None:
        """See `core.target.Cluster`, as for every method here."""
        resource = await self._kinds.find(kind)
        try:
            return _dict((await self._session.request("GET", self._path(resource, namespace, name))).json())
        except ApiRefused as error:
            if error.code == 404 and error.reason == "NotFound":
                return None
            raise

    async def list(self, kind: str, selector: str = "", *, namespace: str | None = None, fields: str = "") -> list[Obj]:
        """All that match; each item carries its apiVersion and kind."""
        resource = await self._kinds.find(kind)
        query = {key: text for key, text in (("labelSelector", selector), ("fieldSelector", fields)) if text}
        listed = (await self._session.request("GET", self._path(resource, namespace), query=query)).json()
        head = {"apiVersion": resource.api_version, "kind": resource.kind}
        return [{**head, **item} for item in listed["items"]]

    async def apply(self, manifest: Obj) -> str:
        """Three-way merge, compatible with `kubectl apply`; what it reports is what the server's answer shows."""
        resource = await self._resource_of(manifest)
        name, namespace = manifest["metadata"]["name"], manifest["metadata"].get("namespace")
        live = await self.get(_exact(resource), name, namespace)
        if live is None:
            await self.create(merge.with_annotation(manifest))
            return "created"
        after = await self._merge(resource, manifest, live)
        same = after["metadata"]["resourceVersion"] == live["metadata"]["resourceVersion"]
        return "unchanged" if same else "configured"

    async def _merge(self, resource: Resource, manifest: Obj, live: Obj) -> Obj:
        path = self._path(resource, manifest["metadata"].get("namespace"), manifest["metadata"]["name"])
        try:
            return await self._patch(path, merge.patch(manifest, live), "strategic-merge-patch")
        except ApiRefused as error:
            if error.code != 415:  # custom resources know no strategic merge
                raise
            return await self._patch(path, merge.patch(manifest, live, strategic=False), "merge-patch")

    async def create(self, manifest: Obj, *, dry_run: bool = False) -> Obj:
        """Create it."""
        resource = await self._resource_of(manifest)
        path = self._path(resource, manifest["metadata"].get("namespace"))
        query = {"dryRun": "All"} if dry_run else {}
        return _dict((await self._session.request("POST", path, query=query, body=manifest)).json())

    async def patch(
        self, kind: str, name: str, patch: Obj, namespace: str | None = None, *, subresource: str = ""
    ) -> Obj:
        """Merge patch."""
        resource = await self._kinds.find(kind)
        return await self._patch(self._path(resource, namespace, name, subresource), patch, "merge-patch")

    async def delete(
        self, kind: str, name: str, namespace: str | None = None, *, grace: float | None = None, uid: str | None = None
    ) -> bool:
        """Ask for deletion, of exactly that uid when one is given."""
        resource = await self._kinds.find(kind)
        options: Obj = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        if grace is not None:
            options["gracePeriodSeconds"] = round(grace)
        if uid is not None:
            options["preconditions"] = {"uid": uid}
        try:
            await self._session.request("DELETE", self._path(resource, namespace, name), body=options)
        except ApiRefused as error:
            if error.code == 404:
                return False
            raise
        return True

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
        """Run a command in a container."""
        path = self._pod(pod, namespace, "exec")
        return await execute(self._session, path, argv, container=container, stdin=stdin, timeout=timeout)

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
        """Log text of a container."""
        query = {"container": container} if container else {}
        query |= {"tailLines": str(tail)} if tail is not None else {}
        query |= {"sinceSeconds": str(max(1, round(since)))} if since is not None else {}
        query |= {"previous": "true"} if previous else {}
        answer = await self._session.request("GET", self._pod(pod, namespace, "log"), query=query, accept="*/*")
        return answer.body.decode(errors="replace")

    async def watch(self, kind: str, selector: str = "", *, namespace: str | None = None) -> AsyncIterator[Change]:
        """Present objects as ADDED, then changes; resyncs when the stream breaks."""
        resource = await self._kinds.find(kind)
        path = self._path(resource, namespace)
        async for change in Watch(self._session, path, resource.api_version, resource.kind, selector).changes():
            yield change

    def tunnel(self, pod: str, port: int, namespace: str | None = None) -> AbstractAsyncContextManager[tuple[str, int]]:
        """A local address that leads into the pod."""
        return tunnel(self._session, self._pod(pod, namespace, "portforward"), port)

    async def read(self, path: str) -> str:
        """The body at a path of the API."""
        return (await self._session.request("GET", path, accept="*/*")).body.decode(errors="replace")

    async def time(self) -> float:
        """The API server's clock, from the date of an answer."""
        return server_time(await self._session.request("GET", "/version"))

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    async def _resource_of(self, manifest: Obj) -> Resource:
        return await self._kinds.find(f"{manifest['apiVersion']}/{manifest['kind']}")

    async def _patch(self, path: str, patch: Obj, form: str) -> Obj:
        answer = await self._session.request("PATCH", path, body=patch, content_type=f"application/{form}+json")
        return _dict(answer.json())

    def _path(self, resource: Resource, namespace: str | None, name: str = "", subresource: str = "") -> str:
        return resource.path(namespace or self.namespace, quote(name), subresource)

    def _pod(self, name: str, namespace: str | None, part: str) -> str:
        return f"/api/v1/namespaces/{namespace or self.namespace}/pods/{quote(name)}/{part}"


def _exact(resource: Resource) -> str:
    return f"{resource.api_version}/{resource.kind}"


def _dict(value: Any) -> Obj:
    assert isinstance(value, dict)
    return value
