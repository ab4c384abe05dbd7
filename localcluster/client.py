"""How controllers and the kubelet talk to the API server.

One protocol, two ways: in the API process (`localcluster.apiserver.local.LocalClient`) and over https (`HttpClient`).
What comes back is always the caller's own copy: change it as you like.

Resources are named `pods`, `deployments.apps`, `endpointslices.discovery.k8s.io`: plural, a dot, the group.

What the server does on delete, so that nobody does it twice:

* a Pod with a node gets `metadata.deletionTimestamp` and `deletionGracePeriodSeconds` (MODIFIED); the kubelet ends the
  containers and deletes again with `grace=0` and the pod's uid, which removes it (DELETED). A Pod without a node, one
  that is Succeeded or Failed, and every `grace=0` go at once.
* an object with finalizers gets `deletionTimestamp`; it goes when an update takes the last finalizer away.
* `propagation="Foreground"` adds the finalizer `foregroundDeletion`, `"Orphan"` adds `orphan`: the garbage collector
  takes them away when the dependents are gone or set free. `"Background"` and None just delete; the collector follows
  by `ownerReferences`.
* a Namespace gets `deletionTimestamp` and `status.phase: Terminating`, and refuses creations (403). The namespace
  controller deletes what `NAMESPACED` names in it, waits until all is gone, and calls
  `update("namespaces", obj, subresource="finalize")` with an obj whose `spec.finalizers` is empty: that removes it.
"""

import asyncio
import json
import ssl
from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    import aiohttp

Obj = dict[str, Any]
Patch = dict[str, Any] | list[Any]  # a JSON patch is a list, the others are objects

MERGE_PATCH = "application/merge-patch+json"
# group -> the one version that this client speaks
VERSIONS = {
    "": "v1",
    "apiregistration.k8s.io": "v1",
    "apps": "v1",
    "autoscaling": "v2",
    "batch": "v1",
    "coordination.k8s.io": "v1",
    "discovery.k8s.io": "v1",
    "events.k8s.io": "v1",
    "metrics.k8s.io": "v1beta1",
    "networking.k8s.io": "v1",
    "policy": "v1",
    "rbac.authorization.k8s.io": "v1",
    "scheduling.k8s.io": "v1",
    "storage.k8s.io": "v1",
}
# all that can lie in a namespace; pods first, as they take longest to go
NAMESPACED = (
    "pods",
    "deployments.apps",
    "statefulsets.apps",
    "daemonsets.apps",
    "replicasets.apps",
    "controllerrevisions.apps",
    "jobs.batch",
    "horizontalpodautoscalers.autoscaling",
    "poddisruptionbudgets.policy",
    "services",
    "endpoints",
    "endpointslices.discovery.k8s.io",
    "ingresses.networking.k8s.io",
    "networkpolicies.networking.k8s.io",
    "configmaps",
    "secrets",
    "serviceaccounts",
    "persistentvolumeclaims",
    "resourcequotas",
    "limitranges",
    "leases.coordination.k8s.io",
    "roles.rbac.authorization.k8s.io",
    "rolebindings.rbac.authorization.k8s.io",
    "events",
)
_TIMEOUT = 10.0  # seconds for one request; a watch has none


class ApiError(Exception):
    """The server's refusal: HTTP code, Kubernetes reason, message for people."""

    def __init__(self, code: int, reason: str, message: str, details: Obj | None = None) -> None:
        super().__init__(f"{code} {reason}: {message}")
        self.code = code
        self.reason = reason
        self.message = message
        self.details = details

    @classmethod
    def from_status(cls, status: Obj, code: int = 500) -> Self:
        """Read a Kubernetes Status object."""
        reason, message = status.get("reason") or "Unknown", status.get("message") or ""
        return cls(int(status.get("code") or code), reason, message, status.get("details"))


class Client(Protocol):
    """The verbs; every one raises ApiError when the server refuses or cannot be reached (code 503)."""

    async def get(self, resource: str, name: str, namespace: str | None = None) -> Obj:
        """Read one object."""
        ...

    async def list(
        self, resource: str, namespace: str | None = None, *, label_selector: str = "", field_selector: str = ""
    ) -> tuple[list[Obj], str]:
        """Read many (all namespaces unless one is named), with the resourceVersion to watch from."""
        ...

    def watch(
        self,
        resource: str,
        namespace: str | None = None,
        *,
        resource_version: str,
        label_selector: str = "",
        field_selector: str = "",
    ) -> AsyncIterator[tuple[str, Obj]]:
        """Yield (ADDED, MODIFIED or DELETED, object); may end at any time; ApiError 410 when the version is too old."""
        ...

    async def create(self, resource: str, obj: Obj, namespace: str | None = None) -> Obj:
        """Create in the given namespace, else in the object's own; a resource may be `pods/eviction` or the like."""
        ...

    async def update(self, resource: str, obj: Obj, *, subresource: str = "") -> Obj:
        """Replace; 409 when `metadata.resourceVersion` is set and not the stored one."""
        ...

    async def patch(
        self,
        resource: str,
        name: str,
        patch: Patch,
        namespace: str | None = None,
        *,
        subresource: str = "",
        content_type: str = MERGE_PATCH,
    ) -> Obj:
        """Patch with a JSON merge patch unless told otherwise."""
        ...

    async def delete(
        self,
        resource: str,
        name: str,
        namespace: str | None = None,
        *,
        grace: int | None = None,
        uid: str | None = None,
        propagation: str | None = None,
    ) -> None:
        """Delete; `grace` in seconds, 409 when `uid` is given and another object bears the name now."""
        ...


def path_of(resource: str, namespace: str | None, name: str = "", subresource: str = "") -> str:
    """Give the URL path of a resource, for example `/apis/apps/v1/namespaces/x/deployments/web/status`."""
    plural, _, group = resource.partition(".")
    root = f"/apis/{group}/{VERSIONS[group]}" if group else "/api/v1"
    scope = f"/namespaces/{namespace}" if namespace else ""
    return "/".join(part for part in (f"{root}{scope}/{plural}", name, subresource) if part)


class HttpClient:
    """A client of one API server, from a kubeconfig file with a bearer token; use it with `async with`."""

    def __init__(self, kubeconfig: str | Path) -> None:
        self.server, self._token, self._tls = _read_kubeconfig(Path(kubeconfig))
        self._open: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        if self._open is not None:
            await self._open.close()

    async def get(self, resource: str, name: str, namespace: str | None = None) -> Obj:
        """Read one object."""
        return await self._call("GET", path_of(resource, namespace, name))

    async def list(
        self, resource: str, namespace: str | None = None, *, label_selector: str = "", field_selector: str = ""
    ) -> tuple[list[Obj], str]:
        """Read many, with the resourceVersion to watch from; items carry apiVersion and kind."""
        query = _query(labelSelector=label_selector, fieldSelector=field_selector)
        found = await self._call("GET", path_of(resource, namespace), query=query)
        type_meta = {"apiVersion": found["apiVersion"], "kind": found["kind"].removesuffix("List")}
        return [type_meta | item for item in found["items"]], found["metadata"]["resourceVersion"]

    async def watch(
        self,
        resource: str,
        namespace: str | None = None,
        *,
        resource_version: str,
        label_selector: str = "",
        field_selector: str = "",
    ) -> AsyncIterator[tuple[str, Obj]]:
        """Yield events until the server ends the stream."""
        query = _query(labelSelector=label_selector, fieldSelector=field_selector)
        query |= {"watch": "true", "resourceVersion": resource_version}
        async for line in self._lines(path_of(resource, namespace), query):
            event = json.loads(line)
            if event["type"] == "ERROR":
                raise ApiError.from_status(event["object"])
            yield event["type"], event["object"]

    async def create(self, resource: str, obj: Obj, namespace: str | None = None) -> Obj:
        """Create; `pods/eviction` and the like take the name from the object."""
        resource, _, subresource = resource.partition("/")
        meta = obj.get("metadata") or {}
        name = meta["name"] if subresource else ""
        path = path_of(resource, namespace or meta.get("namespace"), name, subresource)
        return await self._call("POST", path, body=obj)

    async def update(self, resource: str, obj: Obj, *, subresource: str = "") -> Obj:
        """Replace the object, or one subresource of it."""
        meta = obj["metadata"]
        return await self._call("PUT", path_of(resource, meta.get("namespace"), meta["name"], subresource), body=obj)

    async def patch(
        self,
        resource: str,
        name: str,
        patch: Patch,
        namespace: str | None = None,
        *,
        subresource: str = "",
        content_type: str = MERGE_PATCH,
    ) -> Obj:
        """Patch the object, or one subresource of it."""
        path = path_of(resource, namespace, name, subresource)
        return await self._call("PATCH", path, body=patch, content_type=content_type)

    async def delete(
        self,
        resource: str,
        name: str,
        namespace: str | None = None,
        *,
        grace: int | None = None,
        uid: str | None = None,
        propagation: str | None = None,
    ) -> None:
        """Delete one object."""
        options: Obj = {"apiVersion": "v1", "kind": "DeleteOptions"}
        options |= {"gracePeriodSeconds": grace} if grace is not None else {}
        options |= {"preconditions": {"uid": uid}} if uid else {}
        options |= {"propagationPolicy": propagation} if propagation else {}
        await self._call("DELETE", path_of(resource, namespace, name), body=options)

    def _session(self) -> "aiohttp.ClientSession":
        import aiohttp

        if self._open is None:
            connector = aiohttp.TCPConnector(ssl=self._tls, limit=0)
            headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
            self._open = aiohttp.ClientSession(self.server, connector=connector, headers=headers)
        return self._open

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        body: Patch | None = None,
        content_type: str = "application/json",
    ) -> Obj:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": content_type} if data else {}
        try:
            async with (
                asyncio.timeout(_TIMEOUT),
                self._session().request(method, path, params=query, data=data, headers=headers) as answer,
            ):
                text = await answer.read()
        except (OSError, TimeoutError) as error:
            raise _unreachable(method, path, error) from error
        except Exception as error:
            raise _as_api_error(method, path, error) from error
        return _judge(answer.status, text)

    async def _lines(self, path: str, query: dict[str, str]) -> AsyncIterator[bytes]:
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=None, sock_connect=_TIMEOUT)
        try:
            async with self._session().get(path, params=query, timeout=timeout) as answer:
                if answer.status != 200:
                    _judge(answer.status, await answer.read())
                rest = b""
                async for chunk in answer.content.iter_any():
                    *whole, rest = (rest + chunk).split(b"\n")
                    for line in whole:
                        yield line
        except (OSError, TimeoutError) as error:
            raise _unreachable("WATCH", path, error) from error
        except aiohttp.ClientError as error:
            raise _as_api_error("WATCH", path, error) from error


def _judge(status: int, text: bytes) -> Obj:
    try:
        answer = json.loads(text or b"{}")
    except ValueError:
        answer = {"message": text.decode(errors="replace")[:500]}
    if status >= 400:
        raise ApiError.from_status(answer, status)
    result: Obj = answer
    return result


def _unreachable(method: str, path: str, error: BaseException) -> ApiError:
    return ApiError(503, "ServiceUnavailable", f"{method} {path}: the API server cannot be reached: {error!r}")


def _as_api_error(method: str, path: str, error: Exception) -> Exception:
    import aiohttp

    return _unreachable(method, path, error) if isinstance(error, aiohttp.ClientError) else error


def _query(**given: str) -> dict[str, str]:
    return {key: value for key, value in given.items() if value}


def _read_kubeconfig(path: Path) -> tuple[str, str, ssl.SSLContext]:
    import yaml

    config = yaml.safe_load(path.read_text())
    wanted = config.get("current-context") or config["contexts"][0]["name"]
    context = _named(config["contexts"], wanted)["context"]
    cluster = _named(config["clusters"], context["cluster"])["cluster"]
    user = _named(config["users"], context["user"])["user"]
    authority = b64decode(cluster["certificate-authority-data"]).decode()
    return cluster["server"], user["token"], ssl.create_default_context(cadata=authority)


def _named(entries: list[Obj], name: str) -> Obj:
    return next(entry for entry in entries if entry["name"] == name)
