"""Delete one object and wait until it is gone; above all the way back from creating it."""

from __future__ import annotations

from typing import ClassVar

import anyio
from pydantic import ConfigDict, Field

from runner.core.context import StepContext
from runner.core.duration import Duration
from runner.core.errors import Refused
from runner.core.labels import LABEL
from runner.core.observation import Observation
from runner.core.step import Action
from runner.core.target import ApiRefused


class DeleteObject(Action):
    """Delete one object and wait until it is gone. One that is not there is fine: the end is the same.

    Steps that create something register it as their way back. `uid` and `run` say which object is meant, so that
    another one of the same name is left alone.

    Example:
        - name: the marker is gone
          delete-object: {kind: ConfigMap, name: marker}

    """

    # `kind` is also what a step class is asked for its own word, hence the alias
    model_config: ClassVar[ConfigDict] = ConfigDict(serialize_by_alias=True)

    object_kind: str = Field(alias="kind", description="Kind, such as Pod or Ingress.networking.k8s.io.")
    name: str = Field(description="Name of the object.")
    namespace: str | None = Field(default=None, description="Namespace; default: the target's.")
    uid: str | None = Field(default=None, description="Only the object with this uid.")
    run: str | None = Field(default=None, description=f"Only an object whose label {LABEL} has this value.")
    grace: Duration | None = Field(default=None, ge=0, description="Grace period; default: the object's own.")

    async def act(self, ctx: StepContext) -> Observation:
        """Delete it; the step's `timeout` limits the wait for its end."""
        there = await ctx.cluster.get(self.object_kind, self.name, self.namespace)
        if there is None:
            return Observation(f"{self.object_kind} {self.name} was not there")
        uid = there["metadata"]["uid"]
        if self.uid and uid != self.uid:
            return Observation(f"{self.object_kind} {self.name} is another one by now; left alone")
        if self.run and (there["metadata"].get("labels") or {}).get(LABEL) != self.run:
            raise Refused(f"{self.object_kind} {self.name} was not made by this run; left alone")
        await self._delete(ctx, uid)
        return Observation(f"deleted {self.object_kind} {self.name}")

    async def _delete(self, ctx: StepContext, uid: str) -> None:
        try:
            await ctx.cluster.delete(self.object_kind, self.name, self.namespace, grace=self.grace, uid=uid)
        except ApiRefused as error:
            if error.code != 409:
                raise
        while await self._still_there(ctx, uid):  # noqa: ASYNC110 - its end comes from outside, no event of ours tells
            await anyio.sleep(0.1)

    async def _still_there(self, ctx: StepContext, uid: str) -> bool:
        there = await ctx.cluster.get(self.object_kind, self.name, self.namespace)
        return there is not None and there["metadata"]["uid"] == uid
