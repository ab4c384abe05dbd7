"""Judge whether a pod can open a TCP connection to a host and port."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

import anyio
from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from runner.core.choice import Emptiness, PodChoice, emptiness, judge_empty
from runner.core.connecting import SCRIPT, Tried, address, outcome
from runner.core.context import StepContext
from runner.core.duration import Duration
from runner.core.labels import IMAGE, client_name, client_pod, run_label
from runner.core.observation import Observation
from runner.core.pods import is_ready, running_containers, why_not_ready
from runner.core.step import Probe
from runner.core.step import Result as StepResult
from runner.core.target import ApiRefused, Obj
from runner.core.verdict import Verdict, failed, passed, unknown


class Source(PodChoice):
    """Where the connection comes from: the first Ready pod that matches, or, with neither selector nor pod, a new one.

    A new client pod is deleted at the end of the play.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    container: str | None = Field(default=None, description="Container; default: the pod's first.")
    labels: dict[str, str] = Field(default_factory=dict, description="A new pod's labels: network policies ask them.")
    image: str = Field(default=IMAGE, description="A new pod's image; it needs sleep, sh, and nc or python3.")

    @property
    def is_new(self) -> bool:
        """Whether a client pod is made."""
        return not self.selector and not self.pod

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if not self.is_new and (self.labels or self.image != IMAGE):
            raise ValueError("labels and image are for a new pod; selector and pod choose one that is there")
        return self


class Result(Emptiness):
    """What came of the attempt."""

    pod: str
    outcome: str
    """open, refused, timeout, unresolved, unreachable; unknown when nothing could be tried."""
    detail: str


class AssertConnection(Probe):
    """Judge whether a pod can open a TCP connection.

    `allowed` means that it opens, `denied` that it is refused or never answered although the name resolves.

    A denial proves a policy only beside a control: the same port must answer somebody else, and the same pod must reach
    something. A name that does not resolve is UNKNOWN under `denied`, for nothing was tried. A policy takes a moment
    to reach a new pod, so give such a step a `within`. The image needs sh, and python3 or nc.

    Example:
        - name: strangers cannot reach the database
          assert-connection: {from: {namespace: default}, to: "db.shop.svc.cluster.local:5432", expect: denied}
          within: 30s

    """

    # `from` is a word of Python, hence the alias
    model_config: ClassVar[ConfigDict] = ConfigDict(serialize_by_alias=True)
    Result: ClassVar[type[StepResult]] = Result

    source: Source = Field(alias="from", description="{selector} or {pod}; {namespace, labels, image} makes a new pod.")
    to: Annotated[str, BeforeValidator(address)] = Field(description="host:port as the pod sees it.")
    expect: Literal["allowed", "denied"] = Field(description="Whether the connection shall open.")
    timeout: Duration = Field(default=3.0, ge=1, le=30, description="After this an attempt counts as never answered.")

    @property
    def look_limit(self) -> float:
        """The attempt itself, looking up the name, and a new pod's start."""
        return self.timeout * 2 + 15.0

    async def look(self, ctx: StepContext) -> Observation:
        """Try to connect, once."""
        pod = await (self._client(ctx) if self.source.is_new else self._present(ctx))
        if pod is None:
            return self._seen(ctx, "", Tried("unknown", "no pod"), self.source.nothing(ctx))
        name = str(pod["metadata"]["name"])
        container = self.source.container or pod["spec"]["containers"][0]["name"]
        if container not in running_containers(pod):
            return self._seen(ctx, name, Tried("unknown", f"{name} does not run: {why_not_ready(pod)}"))
        return self._seen(ctx, name, await self._try(ctx, pod, container))

    def judge(self, seen: Observation) -> Verdict:
        """Open is allowed; refused, timed out or no route is denied; everything else proves nothing."""
        if empty := judge_empty(seen):
            return empty
        what, sentence = seen.data["outcome"], seen.summary
        if what == "unknown" or (what == "unresolved" and self.expect == "denied"):
            return unknown(f"{sentence}: nothing was tried")
        right = (what == "open") is (self.expect == "allowed")
        return passed(sentence) if right else failed(f"{sentence}, {self.expect} wanted")

    async def _present(self, ctx: StepContext) -> Obj | None:
        pods = sorted(await self.source.choose(ctx), key=lambda pod: not is_ready(pod))
        return pods[0] if pods else None

    async def _client(self, ctx: StepContext) -> Obj:
        """The client pod, made when it is not there yet; waits a little for it to run."""
        new = self.source
        namespace = new.namespace or ctx.cluster.namespace
        name = client_name(ctx.run, ctx.play, namespace, sorted(new.labels.items()), new.image)
        there = await ctx.cluster.get("Pod", name, namespace)
        if there is None:
            ctx.undo(_deletion(name, namespace, ctx))
            there = await ctx.cluster.create(client_pod(name, namespace, ctx.run, image=new.image, labels=new.labels))
        with anyio.move_on_after(10.0):
            while not running_containers(there):
                await anyio.sleep(0.1)
                there = await ctx.cluster.get("Pod", name, namespace) or there
        return there

    async def _try(self, ctx: StepContext, pod: Obj, container: str) -> Tried:
        host, _, port = self.to.rpartition(":")
        argv = ["sh", "-c", SCRIPT, "sh", host, port, str(round(self.timeout))]
        metadata = pod["metadata"]
        try:
            done = await ctx.cluster.exec(
                metadata["name"],
                argv,
                container=container,
                namespace=metadata.get("namespace"),
                timeout=self.timeout + 6.0,
            )
        except TimeoutError:
            return Tried("unknown", "the attempt itself did not end")
        except ApiRefused as error:
            return Tried("unknown", error.message)
        return outcome(done)

    def _seen(self, ctx: StepContext, pod: str, tried: Tried, nothing: str = "") -> Observation:
        data: dict[str, Any] = {"pod": pod, "outcome": tried.outcome, "detail": tried.detail}
        told = f" ({tried.detail})" if tried.detail else ""
        return Observation(f"{pod} to {self.to}: {tried.outcome}{told}", {**data, **emptiness(nothing, ctx)})


def _deletion(name: str, namespace: str, ctx: StepContext) -> Any:
    from runner.steps import find

    way_back = find("delete-object")
    assert way_back
    settings = {"kind": "Pod", "name": name, "namespace": namespace, "run": run_label(ctx.run), "grace": "0s"}
    return way_back.model_validate(settings)
