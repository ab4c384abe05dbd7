"""The settings by which every Redis step finds its server and logs in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from runner.access.not_served import NotServed
from runner.access.redis_server import RedisLogin, connection, role_of
from runner.access.sentinel import ask_sentinel, pod_of
from runner.access.service import Backend, backends, pods
from runner.core.errors import Unreachable
from runner.core.selectors import Selector

if TYPE_CHECKING:
    from runner.core.target import Cluster


class SentinelFields(BaseModel):
    """Where the Sentinels are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    service: str = Field(default="", description="Service whose Endpoints lead to all Sentinels; or `selector`.")
    selector: Selector = Field(default="", description="Label selector of the Sentinels' pods; or `service`.")
    master: str = Field(default="mymaster", description="Name of the master, as in `sentinel monitor`.")
    port: int = Field(default=26379, ge=1, le=65535, description="Sentinel's port in the pod (with `selector`).")
    password: str = Field(default="", repr=False, description="Sentinel's own password, from a secret.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.service) == bool(self.selector):
            raise ValueError("name either `service` or `selector`")
        return self


class RedisFields(BaseModel):
    """Where Redis is and who asks: one of `sentinel`, `service` and `pods`."""

    sentinel: SentinelFields | None = Field(
        default=None, description="Ask the Sentinels who is master: {service or selector, master, port, password}."
    )
    service: str = Field(default="", description="Service whose Endpoints lead to the server's pod.")
    pods: Selector = Field(default="", description="Label selector of the servers' pods.")
    port: int = Field(default=6379, ge=1, le=65535, description="Redis' port in the pod (with `pods` and `sentinel`).")
    namespace: str | None = Field(default=None, description="Namespace of all of them; default: the target's.")
    user: str = Field(default="", description="ACL user; default: none.")
    password: str = Field(
        default="", repr=False, description='Password, from a secret: "{{ secrets.redis_password }}".'
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(map(bool, (self.sentinel, self.service, self.pods))) != 1:
            raise ValueError("name exactly one of `sentinel`, `service` and `pods`")
        return self

    @property
    def login(self) -> RedisLogin:
        """User and password of Redis."""
        return RedisLogin(self.user, self.password)

    async def servers(self, cluster: Cluster) -> list[Backend]:
        """The pods behind `service` or `pods`; raises `NotServed` when there are none."""
        if self.service:
            return await backends(cluster, self.service, None, self.namespace)
        found = await pods(cluster, self.pods, self.port, self.namespace)
        if not found:
            raise NotServed(f"matched nothing: no pod has {self.pods} in namespace {self._where(cluster)}")
        return found

    async def sentinels(self, cluster: Cluster) -> list[Backend]:
        """The Sentinels' pods; raises `NotServed` when there are none."""
        assert self.sentinel
        if self.sentinel.service:
            return await backends(cluster, self.sentinel.service, None, self.namespace)
        found = await pods(cluster, self.sentinel.selector, self.sentinel.port, self.namespace)
        if not found:
            raise NotServed(f"matched nothing: no pod has {self.sentinel.selector} in {self._where(cluster)}")
        return found

    async def master(self, cluster: Cluster, *, turn: int = 0, timeout: float) -> Backend:
        """The pod that is master now; `turn` chooses whom to ask first, so that one stale Sentinel cannot hold us.

        Raises:
            NotServed: nobody says, or nobody is.
            Unreachable: the API does not answer.

        """
        if self.sentinel:
            return await self._as_sentinel_says(cluster, turn, timeout)
        for backend in await self.servers(cluster):
            if await self._is_master(cluster, backend, timeout):
                return backend
        raise NotServed("no Redis answers as master")

    async def _as_sentinel_says(self, cluster: Cluster, turn: int, timeout: float) -> Backend:
        assert self.sentinel
        found = await self.sentinels(cluster)
        first, why = turn % len(found), "no Sentinel answers"
        for backend in [*found[first:], *found[:first]]:
            try:
                said = await ask_sentinel(
                    cluster, backend, self.sentinel.master, RedisLogin(password=self.sentinel.password), timeout=timeout
                )
            except (NotServed, Unreachable) as error:
                # A tunnel to one Sentinel says nothing of the API, which has just answered.
                why = str(error)
                continue
            return Backend(await pod_of(cluster, said.host, self.namespace), said.port, self.namespace)
        raise NotServed(why)

    async def _is_master(self, cluster: Cluster, backend: Backend, timeout: float) -> bool:
        try:
            async with connection(cluster, backend, self.login, timeout=timeout) as client:
                return (await role_of(client)).name == "master"
        except (NotServed, Unreachable):
            return False

    def _where(self, cluster: Cluster) -> str:
        return self.namespace or cluster.namespace
