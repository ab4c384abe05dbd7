"""Run Redis commands on the master."""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import BaseModel, Field

from runner.access.not_served import NotServed
from runner.access.plain import plain
from runner.access.redis_fields import RedisFields
from runner.access.redis_server import ask, connection
from runner.access.retry import until_served
from runner.core.context import StepContext
from runner.core.duration import Duration
from runner.core.observation import Observation
from runner.core.step import Action, Result, StepFailed


class RunRedisResult(Result):
    """What the commands gave."""

    pod: str
    """The master that was asked."""
    replies: list[Any]


class RunRedis(RedisFields, Action):
    """Run Redis commands in order on the master, which Sentinel names or which says so itself.

    The ledger uses it as its way back (`UNLINK key`), so write commands that may run twice.

    Example:
        - name: a marker is written
          run-redis:
            sentinel: {service: redis-sentinel, master: mymaster}
            commands: [[set, marker, "1"]]

    """

    Result: ClassVar[type[BaseModel]] = RunRedisResult

    commands: list[list[str | int | float]] = Field(min_length=1, description="Commands, each a list of words.")
    timeout: Duration = Field(default=5.0, gt=0, description="Longest time to wait for each answer.")
    retry: Duration = Field(default=0.0, ge=0, description="How long to go on trying while there is no master.")

    async def act(self, ctx: StepContext) -> Observation:
        """Run them; a server that refuses makes the step FAILED, with the server's words."""

        async def once() -> tuple[str, list[Any]]:
            master = await self.master(ctx.cluster, timeout=self.timeout)
            async with connection(ctx.cluster, master, self.login, timeout=self.timeout) as client:
                return master.pod, [plain(await ask(client, *command)) for command in self.commands]

        try:
            pod, replies = await until_served(ctx, once, within=self.retry)
        except NotServed as why:
            raise StepFailed(str(why)) from why
        return Observation(f"{len(replies)} commands on {pod}", {"pod": pod, "replies": replies})
