"""`assert-http` against a real HTTP server on loopback."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web
from pydantic import ValidationError

from runner.core.errors import Refused, Unreachable
from runner.core.target import CommandResult
from runner.core.verdict import Outcome
from runner.steps.assert_http import AssertHttp


async def _answer(request):
    if request.path == "/slow":
        await asyncio.sleep(1)
    if request.path == "/away":
        raise web.HTTPFound("/")
    status = 404 if request.host == "nobody.example" else 200
    said = {"path": request.path, "host": request.host, "method": request.method, "body": await request.text()}
    return web.json_response(said, status=status, headers={"X-Said": "Yes"})


@pytest.fixture
def look(cluster, make_ctx):
    """Looks once with a server behind the ingress and two pods in front of it."""

    async def main(step, ctx):
        runner = web.AppRunner(web.Application())
        runner.app.router.add_route("*", "/{path:.*}", _answer)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        ctx.cluster.ingress = f"http://127.0.0.1:{port}/"
        for name in ("web-0", "web-1"):
            ctx.cluster.pod(name, port, {"app": "web"})
        try:
            return await step.look(ctx)
        finally:
            await runner.cleanup()

    def one(**args):
        step = AssertHttp.model_validate(args)
        ctx = make_ctx(cluster)
        seen = asyncio.run(main(step, ctx))
        step.Result.model_validate(seen.data)
        return step.judge(seen), seen.data, ctx

    return one


def test_a_path_goes_to_the_ingress_with_a_host_header_of_its_own(look):
    that = ['object.json.host == "shop.example"', 'object.headers["x-said"] == "Yes"', "object.seconds < 1"]
    verdict, data, _ = look(url="/a", host="shop.example", that=that)

    assert verdict.outcome is Outcome.PASSED, verdict
    assert data["json"]["path"] == "/a"


def test_a_body_goes_as_json_or_as_it_is(look):
    _, data, _ = look(url="/a", method="POST", json={"a": [1]}, that='object.json.body == "{\\"a\\": [1]}"')
    _, plain, _ = look(url="/a", method="PUT", body="raw")

    assert data["json"]["method"] == "POST"
    assert plain["json"]["body"] == "raw"


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ({"url": "/a", "host": "nobody.example"}, "answered 404, expected 200"),
        ({"url": "/a", "that": "object.json.nothere == 1"}, "object.json.nothere == 1"),
        ({"url": "/slow", "timeout": "50ms"}, "no answer within 0.05 s"),
        ({"url": "http://127.0.0.1:1/"}, "Connect"),
        ({"url": "/a", "pods": "app=nobody", "port": 80}, "matched nothing: no pod has app=nobody"),
    ],
)
def test_what_is_not_served_is_failed_with_what_was_seen(look, args, reason):
    verdict, _, _ = look(**args)

    assert (verdict.outcome, reason in verdict.reason) == (Outcome.FAILED, True), verdict


def test_a_redirect_is_an_answer(look):
    assert look(url="/away", expect=302)[0].outcome is Outcome.PASSED
    assert look(url="/away", expect=[301, 302])[0].outcome is Outcome.PASSED
    assert look(url="/away")[0].outcome is Outcome.FAILED


def test_each_pod_is_asked_through_a_tunnel_of_its_own(look):
    verdict, data, _ = look(url="/health", pods="app=web", port=8000, that='object.json.path == "/health"')

    assert verdict.outcome is Outcome.PASSED, verdict
    assert [one["pod"] for one in data["answers"]] == ["web-0", "web-1"]


def test_a_path_without_an_ingress_is_refused(cluster, make_ctx):
    with pytest.raises(Refused, match="no `ingress` address"):
        asyncio.run(AssertHttp(url="/a").look(make_ctx(cluster)))


HEAD = "Connecting to web:80\n  HTTP/1.1 {status}\n  Content-Type: text/plain\n"


@pytest.mark.parametrize(
    ("code", "stderr", "outcome", "reason"),
    [
        (0, HEAD.format(status="200 OK"), Outcome.PASSED, "answered 200"),
        (
            1,
            HEAD.format(status="503 Service Unavailable") + "wget: server returned error: HTTP/1.1 503",
            Outcome.FAILED,
            "503",
        ),
        (1, "wget: download timed out\n", Outcome.FAILED, "wget: download timed out"),
        (127, "sh: wget: not found", Outcome.FAILED, "not found"),
    ],
)
def test_a_pod_inside_asks_with_wget(look, cluster, code, stderr, outcome, reason):
    cluster.answer = CommandResult(code, "hello" if not code else "", stderr)
    verdict, data, _ = look(
        url="http://web/", via="pod", client="app=web", headers={"A": "b"}, method="POST", body="x=1"
    )

    assert (verdict.outcome, reason in verdict.reason) == (outcome, True), verdict
    pod, argv = cluster.executed[0]
    assert pod == "web-0"
    assert argv == ["wget", "-S", "-O", "-", "-T", "5", "--header", "A: b", "--post-data", "x=1", "http://web/"]
    assert data["headers"] == ({"content-type": "text/plain"} if "HTTP" in stderr and not code else data["headers"])


def test_a_client_pod_is_owed_before_it_is_made_and_made_once(look, cluster):
    """A pod that never gets Ready proves nothing about the Service."""
    from runner.steps import assert_http

    order = []
    create = cluster.create

    async def noted(manifest):
        order.append(("create", manifest["metadata"]["labels"]))
        made = await create(manifest)
        made["status"] = {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}]}
        return made

    cluster.create = noted
    cluster.answer = CommandResult(0, "", HEAD.format(status="200 OK"))
    ready = "True"
    verdict, _, ctx = look(url="http://web/", via="pod", labels={"app": "till"})
    look(url="http://web/", via="pod", labels={"app": "till"})

    assert verdict.outcome is Outcome.PASSED, verdict
    assert len(order) == 1
    assert order[0][1] == {"app": "till", "e2e-run/id": ctx.run}
    assert (ctx.undone[0].kind(), ctx.undone[0].name) == ("delete-object", cluster.executed[0][0])

    before, assert_http._CLIENT_WITHIN = assert_http._CLIENT_WITHIN, 0.0
    ready = "False"
    try:
        with pytest.raises(Unreachable, match="is not Ready"):
            look(url="http://web/", via="pod", labels={"app": "other"})
    finally:
        assert_http._CLIENT_WITHIN = before


@pytest.mark.parametrize(
    "args",
    [
        {"url": "/a", "json": 1, "body": "x"},
        {"url": "/a", "pods": "a=b"},
        {"url": "/a", "via": "pod"},
        {"url": "/a", "labels": {"a": "b"}},
        {"url": "http://a/", "via": "pod", "method": "PUT"},
    ],
)
def test_what_does_not_fit_together_is_a_mistake(args):
    with pytest.raises(ValidationError):
        AssertHttp.model_validate(args)
