"""What the Sentinels say: the name of the master, its epoch, and whether there is a quorum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.access.not_served import NotServed
from runner.access.redis_server import RedisLogin, ask, connection
from runner.access.service import Backend

if TYPE_CHECKING:
    from runner.core.target import Cluster, Obj


@dataclass(frozen=True)
class SentinelSaid:
    """One Sentinel's view."""

    pod: str
    host: str
    """As announced: a name such as `redis-0.redis.shop.svc.cluster.local`, or an address."""
    port: int
    epoch: int
    flags: tuple[str, ...]
    """`master`, and `s_down`, `o_down`, `disconnected` while it is not well."""
    quorum: bool
    """Whether enough Sentinels are there for the quorum and for a majority."""
    why_no_quorum: str
    sentinels: int
    """Itself included."""
    replicas: int


async def ask_sentinel(
    cluster: Cluster, backend: Backend, master: str, login: RedisLogin, *, timeout: float
) -> SentinelSaid:
    """Ask one Sentinel about the master of that name; `timeout` in seconds for each answer.

    Raises:
        NotServed: it does not answer, or knows no such master.
        Unreachable: the way to the pod is broken.

    """
    from redis.exceptions import ResponseError

    async with connection(cluster, backend, login, timeout=timeout) as client:
        try:
            known = _pairs(await ask(client, "SENTINEL", "MASTER", master))
        except ResponseError as error:
            raise NotServed(f"Sentinel in {backend.pod}: {error}") from error
        why = ""
        try:
            await ask(client, "SENTINEL", "CKQUORUM", master)
        except ResponseError as error:
            why = str(error)
        return SentinelSaid(
            pod=backend.pod,
            host=known["ip"],
            port=int(known["port"]),
            epoch=int(known["config-epoch"]),
            flags=tuple(known["flags"].split(",")),
            quorum=not why,
            why_no_quorum=why,
            sentinels=int(known["num-other-sentinels"]) + 1,
            replicas=int(known["num-slaves"]),
        )


async def pod_of(cluster: Cluster, host: str, namespace: str | None) -> str:
    """The pod that Sentinel means by a name or an address; there is no cluster DNS on this side.

    Raises:
        NotServed: no pod has that name (and subdomain) or that address now.
        Unreachable: the API does not answer.

    """
    labels = host.split(".")
    if not host.replace(".", "").isdigit() and ":" not in host:
        found = await cluster.get("Pod", labels[0], labels[2] if len(labels) > 2 else namespace)
        if found and (len(labels) == 1 or found["spec"].get("subdomain") in (labels[1], None)):
            return labels[0]
        raise NotServed(f"Sentinel names {host}, and there is no such pod")
    pods = await cluster.list("Pod", namespace=namespace)
    for pod in pods:
        if _address(pod) == host:
            return str(pod["metadata"]["name"])
    raise NotServed(f"Sentinel names {host}, and no pod has that address")


def _address(pod: Obj) -> str | None:
    return (pod.get("status") or {}).get("podIP")


def _pairs(answer: Any) -> dict[str, str]:
    """Redis gives a mapping as a flat list in RESP2; the driver may have made a mapping of it."""
    if isinstance(answer, dict):
        return {str(key): _text(value) for key, value in answer.items()}
    flat: Sequence[Any] = answer
    return {str(key): str(value) for key, value in zip(flat[::2], flat[1::2], strict=True)}


def _text(value: Any) -> str:
    return ",".join(sorted(map(str, value))) if isinstance(value, set | list | tuple) else str(value)
