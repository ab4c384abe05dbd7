"""The pods that a step is about: by label selector or by name, in one namespace."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from runner.core.context import StepContext
from runner.core.observation import Observation
from runner.core.pods import is_active
from runner.core.selectors import Selector
from runner.core.step import Result
from runner.core.target import Obj
from runner.core.verdict import Verdict, failed, passed

Names = Annotated[
    list[str],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
]
"""One name or a list of them."""


class Emptiness(Result):
    """Whether anything was found, in every result of a probe that looks for something."""

    nothing: str = ""
    """The sentence that says so when nothing matched; else empty."""
    allow_empty: bool = False
    """Whether the playbook allows that."""


def emptiness(nothing: str, ctx: StepContext) -> dict[str, Any]:
    """The fields of `Emptiness`."""
    return {"nothing": nothing, "allow_empty": ctx.allow_empty}


def judge_empty(seen: Observation) -> Verdict | None:
    """The verdict when nothing matched; None when something did."""
    nothing = seen.data["nothing"]
    if not nothing:
        return None
    return passed(f"{nothing}, which is allowed here") if seen.data["allow_empty"] else failed(nothing)


class PodChoice(BaseModel):
    """Fields that steps about pods have in common. Pods that are being deleted or have finished are not chosen."""

    selector: Selector = Field(
        default="", description='Label selector, such as "app=web,tier in (a,b)"; empty: every pod of the namespace.'
    )
    pod: Names = Field(default_factory=list, description="Name of a pod, or a list of names, instead of a selector.")
    namespace: str | None = Field(default=None, description="Namespace; default: the target's.")

    @property
    def wanted(self) -> str:
        """What is looked for, for sentences: `no pod has app=web in namespace shop`."""
        return f"is named {' or '.join(self.pod)}" if self.pod else f"has {self.selector}" if self.selector else "is"

    async def choose(self, ctx: StepContext) -> list[Obj]:
        """The living pods that match, by name."""
        return [pod for pod in await self.choose_any(ctx) if is_active(pod)]

    async def choose_any(self, ctx: StepContext) -> list[Obj]:
        """All pods that match, those on their way out too, by name."""
        found = await ctx.cluster.list("Pod", self.selector, namespace=self.namespace)
        chosen = [pod for pod in found if not self.pod or pod["metadata"]["name"] in self.pod]
        return sorted(chosen, key=lambda pod: str(pod["metadata"]["name"]))

    def nothing(self, ctx: StepContext) -> str:
        """The sentence for an empty choice."""
        return f"matched nothing: no pod {self.wanted} in namespace {self.namespace or ctx.cluster.namespace}"
