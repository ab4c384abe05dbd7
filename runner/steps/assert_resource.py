"""Judge objects of any kind."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from pydantic import ConfigDict, Field, model_validator

from runner.core.bounds import Bounds, out_of_bounds
from runner.core.choice import Emptiness, emptiness, judge_empty
from runner.core.context import StepContext
from runner.core.observation import Observation
from runner.core.selectors import Selector
from runner.core.shown import shown
from runner.core.step import Probe
from runner.core.step import Result as StepResult
from runner.core.target import Obj
from runner.core.that import That, unmet
from runner.core.verdict import Verdict, failed, passed


class Result(Emptiness):
    """The objects that matched; the values of Secrets and the API's own bookkeeping are left out."""

    count: int
    items: list[dict[str, Any]]
    names: list[str]
    unmet: list[str]


class AssertResource(Probe):
    """Judge objects of any kind the API knows, custom resources too: how many there are, and what must be true of each.

    Nothing that matches is FAILED, unless `absent: true` wants just that, or `count: 0`.

    Example:
        - name: every claim is bound
          assert-resource: {kind: PersistentVolumeClaim, that: "object.status.phase == 'Bound'"}

    """

    # `kind` is also what a step class is asked for its own word, hence the alias
    model_config: ClassVar[ConfigDict] = ConfigDict(serialize_by_alias=True)
    Result: ClassVar[type[StepResult]] = Result
    deferred: ClassVar[frozenset[str]] = frozenset({"that"})

    object_kind: str = Field(
        alias="kind",
        description="Kind; Kind.group or apiVersion/Kind where ambiguous (Event.events.k8s.io).",
    )
    name: str | None = Field(default=None, description="The one of this name.")
    selector: Selector = Field(default="", description="Those with these labels; empty: all.")
    namespace: str | None = Field(default=None, description="Namespace; default: the target's.")
    that: That = Field(default_factory=list, description="Expressions that must be true of each, as `object`.")
    count: Bounds | None = Field(default=None, description="Exactly so many, or {min: 2, max: 5}.")
    absent: bool = Field(default=False, description="There must be none.")

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        if self.absent and (self.that or self.count is not None):
            raise ValueError("absent wants no object at all, so neither that nor count can be asked of it")
        if self.name and self.selector:
            raise ValueError("give either name or selector")
        return self

    async def look(self, ctx: StepContext) -> Observation:
        """Get or list them."""
        found = await self._find(ctx)
        names = [str(one["metadata"]["name"]) for one in found]
        secret = self.object_kind.lower().startswith("secret")
        sentences = [
            f"{one['metadata']['name']}: {sentence}"
            for one in found
            for sentence in unmet(ctx, self.that, secret=secret, object=one)
        ]
        data = {"count": len(found), "items": [shown(one) for one in found], "names": names, "unmet": sentences}
        return Observation(self._summary(names), {**data, **emptiness("" if found else self._nothing(ctx), ctx)})

    def judge(self, seen: Observation) -> Verdict:
        """Number first, then each object."""
        if self.absent:
            return failed(f"{seen.summary}, none wanted") if seen.data["count"] else passed(seen.summary)
        if (empty := judge_empty(seen)) and self.count != 0:
            return empty
        wrong = out_of_bounds(seen.data["count"], self.count)
        sentences = [f"{seen.summary}; {wrong}"] if wrong else []
        sentences += seen.data["unmet"]
        return failed("; ".join(sentences)) if sentences else passed(seen.summary)

    async def _find(self, ctx: StepContext) -> list[Obj]:
        if self.name is None:
            return await ctx.cluster.list(self.object_kind, self.selector, namespace=self.namespace)
        there = await ctx.cluster.get(self.object_kind, self.name, self.namespace)
        return [] if there is None else [there]

    def _summary(self, names: list[str]) -> str:
        some = ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
        return f"{len(names)} {self.object_kind}{f' ({some})' if names else ''}"

    def _nothing(self, ctx: StepContext) -> str:
        which = f" {self.name}" if self.name else f" with {self.selector}" if self.selector else ""
        return f"matched nothing: no {self.object_kind}{which} in namespace {self.namespace or ctx.cluster.namespace}"
