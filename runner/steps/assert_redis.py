"""Ask Redis and its Sentinels, and judge roles, replies and who is master."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from runner.access.not_served import NotServed
from runner.access.plain import plain
from runner.access.redis_fields import RedisFields
from runner.access.redis_server import RedisLogin, ask, connection, role_of
from runner.access.sentinel import ask_sentinel, pod_of
from runner.access.service import Backend
from runner.core.context import StepContext
from runner.core.duration import Duration
from runner.core.observation import Observation
from runner.core.step import Probe, Result
from runner.core.that import That, unmet
from runner.core.verdict import Verdict, failed, passed


class Wait(BaseModel):
    """How many replicas must confirm the write before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    replicas: int = Field(default=1, ge=1, description="Replicas that must have it.")
    timeout: Duration = Field(default=1.0, gt=0, description="Longest time to wait for them.")


class RedisAnswer(BaseModel):
    """What one server answered."""

    pod: str
    role: str
    """master, slave or sentinel."""
    replicas: int
    """Replicas connected to it."""
    link: str
    """A replica's link to its master (`connected`); empty for a master."""
    replies: list[Any]
    """One reply for each command."""
    acknowledged: int | None
    """Replicas that confirmed the write; None without `wait`."""


class SentinelAnswer(BaseModel):
    """What one Sentinel says of the master."""

    pod: str
    master: str
    """The pod it names; empty when there is no such pod."""
    address: str
    epoch: int
    flags: list[str]
    quorum: bool
    sentinels: int
    replicas: int


class AssertRedisResult(Result):
    """All answers, and what they come to."""

    answers: list[RedisAnswer]
    masters: list[str]
    """Pods that say they are master."""
    roles: dict[str, str]
    """Role by pod."""
    replies: list[Any]
    """Of the first server asked (with `sentinel`, the master)."""
    acknowledged: int | None
    sentinels: list[SentinelAnswer]
    master: str
    """The pod all Sentinels name, or the only master; empty when they disagree or there is not exactly one."""
    address: str
    """As the Sentinels announce it."""
    epoch: int | None
    """Highest config-epoch of the Sentinels: it rises with every failover."""
    problems: list[str]
    """A sentence for each thing that is not as it must be."""


class AssertRedis(RedisFields, Probe):
    """Ask one Redis, each Redis of a selector, or all Sentinels and the master they name.

    With `sentinel`: every Sentinel must answer, have a quorum and name the same pod, and that pod must say that it is
    master; `commands` go to it. With `pods` they go to each pod. `wait` makes the last write one that replicas have
    confirmed. `that` is asked of the whole result as `object`.

    Example:
        - name: exactly one master, and a write that a replica has
          assert-redis:
            sentinel: {service: redis-sentinel, master: mymaster}
            commands: [[set, drill, "1"], [get, drill]]
            wait: {replicas: 1, timeout: 1s}
            that: object.replies[1] == "1"

    """

    Result: ClassVar[type[BaseModel]] = AssertRedisResult
    deferred: ClassVar[frozenset[str]] = frozenset({"that"})

    commands: list[list[str | int | float]] = Field(default_factory=list, description="Commands, each a list of words.")
    wait: Wait | None = Field(default=None, description="After the commands: replicas that must confirm the write.")
    that: That = Field(default_factory=list, description="Bare expressions over `object` that must all be true.")
    timeout: Duration = Field(default=3.0, gt=0, description="Longest time to wait for each answer.")

    @model_validator(mode="after")
    def _a_write_to_wait_for(self) -> Self:
        if self.wait and (not self.commands or self.pods):
            raise ValueError("`wait` needs `commands` that write, and a master: `sentinel` or `service`")
        return self

    async def look(self, ctx: StepContext) -> Observation:
        """Everything that was answered, and what is wrong with it."""
        said, problems = await self._ask_sentinels(ctx) if self.sentinel else ([], [])
        servers, wrong = await self._servers(ctx, said)
        problems += wrong
        answers: list[RedisAnswer] = []
        for backend in servers:
            try:
                answers.append(await self._answer(ctx, backend))
            except NotServed as why:
                problems.append(str(why))
        problems += self._wrong(answers)
        data = _result(said, answers)
        problems += unmet(ctx, self.that, object=data)
        return Observation(_summary(said, answers), {**data, "problems": problems})

    def judge(self, seen: Observation) -> Verdict:
        """Everybody must have answered, Sentinels agree, and every expression hold."""
        if seen.data["problems"]:
            return failed("; ".join(seen.data["problems"]))
        return passed(seen.summary)

    async def _ask_sentinels(self, ctx: StepContext) -> tuple[list[SentinelAnswer], list[str]]:
        assert self.sentinel
        said: list[SentinelAnswer] = []
        problems: list[str] = []
        try:
            backends = await self.sentinels(ctx.cluster)
        except NotServed as why:
            return [], [str(why)]
        for backend in backends:
            try:
                answer = await self._ask_one(ctx, backend, problems)
            except NotServed as why:
                problems.append(str(why))
            else:
                said.append(answer)
        return said, problems + _disagreement(said)

    async def _ask_one(self, ctx: StepContext, backend: Backend, problems: list[str]) -> SentinelAnswer:
        assert self.sentinel
        login = RedisLogin(password=self.sentinel.password)
        said = await ask_sentinel(ctx.cluster, backend, self.sentinel.master, login, timeout=self.timeout)
        try:
            pod = await pod_of(ctx.cluster, said.host, self.namespace)
        except NotServed as why:
            pod = ""
            problems.append(f"{backend.pod}: {why}")
        if not said.quorum:
            problems.append(f"{backend.pod}: {said.why_no_quorum}")
        return SentinelAnswer(
            pod=backend.pod,
            master=pod,
            address=f"{said.host}:{said.port}",
            epoch=said.epoch,
            flags=list(said.flags),
            quorum=said.quorum,
            sentinels=said.sentinels,
            replicas=said.replicas,
        )

    async def _servers(self, ctx: StepContext, said: Sequence[SentinelAnswer]) -> tuple[list[Backend], list[str]]:
        if self.sentinel:
            named = {(one.master, int(one.address.rpartition(":")[2])) for one in said if one.master}
            return [Backend(pod, port, self.namespace) for pod, port in sorted(named)], []
        try:
            found = await self.servers(ctx.cluster)
        except NotServed as why:
            return [], [] if ctx.allow_empty and self.pods else [str(why)]
        return found if self.pods else found[:1], []

    async def _answer(self, ctx: StepContext, backend: Backend) -> RedisAnswer:
        async with connection(ctx.cluster, backend, self.login, timeout=self._patience()) as client:
            role = await role_of(client)
            replies = [plain(await ask(client, *command)) for command in self.commands]
            confirmed = None
            if self.wait:
                confirmed = int(await ask(client, "WAIT", self.wait.replicas, max(1, round(self.wait.timeout * 1000))))
        return RedisAnswer(
            pod=backend.pod,
            role=role.name,
            replicas=role.replicas,
            link=role.link,
            replies=replies,
            acknowledged=confirmed,
        )

    def _patience(self) -> float:
        """WAIT itself may take its whole time."""
        return self.timeout + (self.wait.timeout if self.wait else 0.0)

    def _wrong(self, answers: Sequence[RedisAnswer]) -> list[str]:
        problems = []
        for one in answers:
            if self.sentinel and one.role != "master":
                problems.append(f"Sentinel names {one.pod} as master, and it says it is {one.role}")
            if self.wait and (one.acknowledged or 0) < self.wait.replicas:
                least = f"{self.wait.replicas} replicas confirmed the write within {self.wait.timeout:g} s"
                problems.append(f"{one.pod}: {one.acknowledged} of {least}")
        return problems


def _disagreement(said: Sequence[SentinelAnswer]) -> list[str]:
    named = {one.address: one.pod for one in said}
    if len(named) < 2:
        return []
    views = ", ".join(f"{one.pod} names {one.address}" for one in said)
    return [f"the Sentinels name {len(named)} masters: {views}"]


def _result(said: Sequence[SentinelAnswer], answers: Sequence[RedisAnswer]) -> dict[str, Any]:
    masters = [one.pod for one in answers if one.role == "master"]
    named = {one.master for one in said} if said else set(masters)
    addresses = {one.address for one in said}
    return {
        "answers": [one.model_dump() for one in answers],
        "masters": masters,
        "roles": {one.pod: one.role for one in answers},
        "replies": answers[0].replies if answers else [],
        "acknowledged": answers[0].acknowledged if answers else None,
        "sentinels": [one.model_dump() for one in said],
        "master": named.pop() if len(named) == 1 else "",
        "address": addresses.pop() if len(addresses) == 1 else "",
        "epoch": max((one.epoch for one in said), default=None),
    }


def _summary(said: Sequence[SentinelAnswer], answers: Sequence[RedisAnswer]) -> str:
    parts = [f"{len(said)} Sentinels name {said[0].address}, epoch {said[0].epoch}"] if said else []
    parts += [f"{one.pod} is {one.role}" + (f" of {one.replicas}" if one.role == "master" else "") for one in answers]
    parts += [f"{one.acknowledged} replicas confirmed" for one in answers if one.acknowledged is not None]
    return ", ".join(parts) or "nobody was asked: the selector matched nothing"
