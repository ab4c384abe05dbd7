"""Send one HTTP request, by the ingress, from inside or to each pod, and judge the answer."""

from __future__ import annotations

import warnings
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema, model_validator

from runner.access.client_pod import NoClient, client_in
from runner.access.not_served import NotServed
from runner.access.service import Backend, pods
from runner.access.web import WebAnswer, WebRequest, browser, by_ingress, fetch, with_host
from runner.access.wget import fetch_in_pod
from runner.core.context import StepContext
from runner.core.duration import Duration
from runner.core.errors import Unreachable
from runner.core.labels import IMAGE, run_label
from runner.core.observation import Observation
from runner.core.selectors import Selector
from runner.core.step import Probe, Result
from runner.core.target import ApiRefused
from runner.core.that import That, unmet
from runner.core.verdict import Verdict, failed, passed
from runner.steps.delete_object import DeleteObject

# Long enough for an image that has to be pulled, short enough for one look.
_CLIENT_WITHIN = 30.0
# What is registered and stored of a body; `that` sees all of it.
_TEXT_KEPT = 64 * 1024

Statuses = Annotated[
    list[int],
    BeforeValidator(lambda value: [value] if isinstance(value, int) else value),
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "integer"}}]}),
]

# `page.json.token` is what one wants to write in a playbook; pydantic's own `json()` is long deprecated.
warnings.filterwarnings("ignore", message='Field name "json" in ".*" shadows', category=UserWarning)


class HttpAnswer(BaseModel):
    """What came back from one request."""

    url: str
    pod: str
    """The pod that was asked, or that asked; empty by the ingress."""
    status: int
    text: str
    json: Any = None
    """The body read as JSON; None when it is none."""
    headers: dict[str, str]
    """Names in lower case."""
    seconds: float


class AssertHttpResult(HttpAnswer, Result):
    """The first answer, and all of them when several pods were asked."""

    answers: list[HttpAnswer]
    problems: list[str]


class AssertHttp(Probe):
    """Send a request and judge its status and what it says.

    A path goes to the target's `ingress` with the `host` header; a full URL goes where it leads from this machine.
    `via: pod` sends it from a pod, through Services and network policies: one that it makes (with `labels`) and removes
    after the play, or the first one that `client` selects. `pods` asks each pod through a tunnel of its own, past every
    Service: good for a pod's own health, no proof that anybody reaches it. Redirects are answers, not followed.

    `that` is asked of each answer as `object`: its `status`, `json`, `text`, `headers`, `seconds` and `pod`.

    Example:
        - name: the shop sells through the ingress
          assert-http:
            url: /api/sales/
            host: shop.example.org
            method: POST
            headers: {Authorization: "Bearer {{ login.json.token }}"}
            json: {item: 7, quantity: 1}
            expect: 201
            that: object.json.stock == 9
          register: sale

    """

    Result: ClassVar[type[BaseModel]] = AssertHttpResult
    deferred: ClassVar[frozenset[str]] = frozenset({"that"})

    url: str = Field(min_length=1, description="Path, such as /health/, or a full address.")
    host: str = Field(default="", description="Host header; default: that of the address (with `pods` 127.0.0.1).")
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = Field(
        default="GET", description="Method; a client pod's wget knows GET and POST."
    )
    headers: dict[str, str] = Field(default_factory=dict, description="Further headers.")
    json: Any = Field(default=None, description="Body, sent as JSON; or `body`.")
    body: str | None = Field(default=None, description="Body, sent as it is; or `json`.")
    expect: Statuses = Field(default_factory=lambda: [200], description="Status, or a list of good ones.")
    that: That = Field(default_factory=list, description="Bare expressions over `object` that must all be true.")
    timeout: Duration = Field(default=5.0, gt=0, description="Longest time from connecting to the end of the answer.")
    verify_tls: bool = Field(default=True, description="Whether a certificate must be valid.")
    via: Literal["", "pod"] = Field(default="", description="`pod`: send it from inside the cluster.")
    client: Selector = Field(default="", description="With `via: pod`: selector of a pod to send it from.")
    labels: dict[str, str] = Field(default_factory=dict, description="With `via: pod`: labels of the pod that is made.")
    image: str = Field(default=IMAGE, description="With `via: pod`: image of the pod that is made; it needs wget.")
    pods: Selector = Field(default="", description="Label selector: ask each of these pods itself, on `port`.")
    port: int | None = Field(default=None, ge=1, le=65535, description="With `pods`: the port in the pod.")
    namespace: str | None = Field(default=None, description="Namespace of `client` and `pods`; default: the target's.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.json is not None and self.body is not None:
            raise ValueError("give either `json` or `body`")
        if bool(self.pods) != (self.port is not None):
            raise ValueError("`pods` and `port` go together")
        if self.pods and (self.via or "://" in self.url):
            raise ValueError("`pods` takes a path, and no `via`")
        if (self.client or self.labels) and not self.via:
            raise ValueError("`client` and `labels` go with `via: pod`")
        if self.via and "://" not in self.url:
            raise ValueError("`via: pod` takes a full URL, such as http://web:8000/health/")
        if self.via and self.method not in ("GET", "POST"):
            raise ValueError(f"wget in a pod knows GET and POST, not {self.method}")
        return self

    @property
    def look_limit(self) -> float:
        """A client pod may have to come up first."""
        return self.timeout + 10.0 + (_CLIENT_WITHIN if self.via else 0.0)

    async def look(self, ctx: StepContext) -> Observation:
        """The answer, or the answer of each pod."""
        answers: list[HttpAnswer] = []
        problems: list[str] = []
        try:
            async for answer in self._answers(ctx, problems):
                answers.append(HttpAnswer(**answer.model_dump(exclude={"data"}), json=answer.data))
        except NotServed as why:
            problems.append(f"{self.url}: {why}")
        for one in answers:
            where = f"{one.pod}: " if self.pods else ""
            if one.status not in self.expect:
                expected = " or ".join(map(str, self.expect))
                problems.append(f"{where}{one.url} answered {one.status}, expected {expected}{_excerpt(one)}")
            problems += [where + why for why in unmet(ctx, self.that, object=one.model_dump())]
        return _observation(answers, problems)

    def judge(self, seen: Observation) -> Verdict:
        """Every answer must have an expected status, and every expression must hold."""
        if seen.data["problems"]:
            return failed("; ".join(seen.data["problems"]))
        return passed(seen.summary)

    async def _answers(self, ctx: StepContext, problems: list[str]) -> Any:
        if self.via:
            yield await self._from_pod(ctx)
        elif self.pods:
            for backend in await self._backends(ctx):
                try:
                    yield await self._to_pod(ctx, backend)
                except NotServed as why:
                    problems.append(f"{backend.pod}: {self.url}: {why}")
        else:
            async with browser(timeout=self.timeout, verify_tls=self.verify_tls) as session:
                yield await fetch(session, self._request(by_ingress(ctx.cluster, self.url)), timeout=self.timeout)

    async def _from_pod(self, ctx: StepContext) -> WebAnswer:
        pod = await self._client(ctx)
        request = self._request(self.url)
        return await fetch_in_pod(ctx, pod, request, namespace=self.namespace, timeout=self.timeout)

    async def _client(self, ctx: StepContext) -> str:
        if self.client:
            found = await pods(ctx.cluster, self.client, 1, self.namespace)
            if not found:
                raise NotServed(self._nothing(ctx, self.client))
            return found[0].pod
        try:
            return await client_in(
                ctx,
                self.namespace,
                image=self.image,
                labels=self.labels,
                removal=lambda name: self._removal(ctx, name),
                within=_CLIENT_WITHIN,
            )
        except NoClient as why:
            raise Unreachable(str(why)) from why

    def _removal(self, ctx: StepContext, name: str) -> DeleteObject:
        where = self.namespace or ctx.cluster.namespace
        return DeleteObject.model_validate(
            {"kind": "Pod", "name": name, "namespace": where, "run": run_label(ctx.run), "grace": "0s"}
        )

    async def _backends(self, ctx: StepContext) -> list[Backend]:
        found = await pods(ctx.cluster, self.pods, self.port or 0, self.namespace)
        if not found and not ctx.allow_empty:
            raise NotServed(self._nothing(ctx, self.pods))
        return found

    async def _to_pod(self, ctx: StepContext, backend: Backend) -> WebAnswer:
        try:
            async with ctx.cluster.tunnel(backend.pod, backend.port, backend.namespace) as (host, port):
                request = self._request(f"http://{host}:{port}/{self.url.lstrip('/')}")
                async with browser(timeout=self.timeout) as session:
                    answer = await fetch(session, request, timeout=self.timeout)
        except ApiRefused as refused:
            raise NotServed(f"no way to {backend.pod}:{backend.port}: {refused.message}") from refused
        return answer.model_copy(update={"pod": backend.pod, "url": self.url})

    def _request(self, url: str) -> WebRequest:
        body = self.json if self.json is not None else self.body
        return WebRequest(url, self.method, with_host(self.headers, self.host), body)

    def _nothing(self, ctx: StepContext, selector: str) -> str:
        return f"matched nothing: no pod has {selector} in namespace {self.namespace or ctx.cluster.namespace}"


def _observation(answers: list[HttpAnswer], problems: list[str]) -> Observation:
    first = answers[0] if answers else HttpAnswer(url="", pod="", status=0, text="", headers={}, seconds=0.0)
    kept = [one.model_copy(update={"text": one.text[:_TEXT_KEPT]}).model_dump() for one in [first, *answers]]
    data = {**kept[0], "answers": kept[1:], "problems": problems}
    said = ", ".join(f"{one.pod or one.url} answered {one.status} in {one.seconds * 1000:.0f} ms" for one in answers)
    return Observation(said or "nobody was asked", data)


def _excerpt(answer: HttpAnswer) -> str:
    text = " ".join(answer.text.split())
    return f": {text[:160]}" if text else ""
