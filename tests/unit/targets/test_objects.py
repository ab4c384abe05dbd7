"""Objects by kind: where they live, what is refused, and what apply really did."""

import asyncio
import json

import pytest
from aiohttp import web

from runner.core.target import ApiRefused
from runner.targets.api import merge

from .conftest import refusal, served

CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"a": "1"}}


def ask(api, folder, question):
    async def go():
        async with served(api, folder) as cluster:
            return await question(cluster)

    return asyncio.run(go())


def code_of(api, folder, question) -> ApiRefused:
    with pytest.raises(ApiRefused) as caught:
        ask(api, folder, question)
    return caught.value


@pytest.mark.parametrize("aggregated", [True, False])
@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("Pod", "/api/v1/namespaces/shop/pods"),
        ("Node", "/api/v1/nodes"),
        ("Deployment", "/apis/apps/v1/namespaces/shop/deployments"),
        ("Event", "/api/v1/namespaces/shop/events"),
        ("Event.events.k8s.io", "/apis/events.k8s.io/v1/namespaces/shop/events"),
        ("events.k8s.io/v1/Event", "/apis/events.k8s.io/v1/namespaces/shop/events"),
    ],
)
def test_a_kind_is_found_where_the_server_says(api, tmp_path, aggregated, kind, path):
    api.aggregated = aggregated
    api.on(f"GET {path}", {"items": []})

    ask(api, tmp_path, lambda cluster: cluster.list(kind))

    assert api.seen[-1] == f"GET {path}"


def test_discovery_is_asked_once(api, tmp_path):
    api.on("GET /api/v1/namespaces/shop/pods", {"items": []})

    async def thrice(cluster):
        for _ in range(3):
            await cluster.list("Pod")

    ask(api, tmp_path, thrice)

    assert api.seen.count("GET /api") == 1


def test_an_unknown_kind_suggests_a_near_one(api, tmp_path):
    error = code_of(api, tmp_path, lambda cluster: cluster.get("Deploymnt", "web"))

    assert error.message == 'the server has no kind "Deploymnt"; did you mean "Deployment"?'


def test_selectors_are_sent_and_items_carry_their_kind(api, tmp_path):
    api.on("GET /api/v1/namespaces/other/pods", {"items": [{"metadata": {"name": "x"}}]})

    (found,) = ask(
        api,
        tmp_path,
        lambda cluster: cluster.list("Pod", "app=web,tier in (a,b)", namespace="other", fields="metadata.name=x"),
    )

    assert (found["kind"], found["apiVersion"]) == ("Pod", "v1")
    assert api.seen[-1].endswith("?labelSelector=app=web,tier+in+(a,b)&fieldSelector=metadata.name=x") or (
        "labelSelector=app%3Dweb%2Ctier+in+%28a%2Cb%29" in api.seen[-1]
    )


def test_an_object_that_is_not_there_is_none(api, tmp_path):
    api.on("GET /api/v1/namespaces/shop/pods/x", refusal(404, "NotFound", 'pods "x" not found'))

    assert ask(api, tmp_path, lambda cluster: cluster.get("Pod", "x")) is None


def test_a_refusal_carries_code_reason_and_message(api, tmp_path):
    api.on("POST /api/v1/namespaces/shop/configmaps", refusal(403, "Forbidden", "exceeded quota: small"))

    error = code_of(api, tmp_path, lambda cluster: cluster.create(CONFIG))

    assert (error.code, error.reason, error.message) == (403, "Forbidden", "exceeded quota: small")


def test_a_dry_run_says_so(api, tmp_path):
    api.on("POST /api/v1/namespaces/shop/configmaps", CONFIG)

    ask(api, tmp_path, lambda cluster: cluster.create(CONFIG, dry_run=True))

    assert api.seen[-1] == "POST /api/v1/namespaces/shop/configmaps?dryRun=All"


def test_a_deletion_names_the_uid_and_the_grace(api, tmp_path):
    bodies = []

    async def note(request):
        bodies.append(await request.json())
        return web.json_response({})

    api.on("DELETE /api/v1/namespaces/shop/pods/x", note)

    assert ask(api, tmp_path, lambda cluster: cluster.delete("Pod", "x", grace=0.0, uid="u-1")) is True
    assert bodies[0]["preconditions"] == {"uid": "u-1"}
    assert bodies[0]["gracePeriodSeconds"] == 0


class Store:
    """One ConfigMap that merges patches as an API server does and counts its versions."""

    def __init__(self, api, *, strategic: bool = True) -> None:
        self.live, self.version, self.strategic, self.forms = None, 0, strategic, []
        path = "/api/v1/namespaces/shop/configmaps"
        api.on(f"GET {path}/web", self.get)
        api.on(f"POST {path}", self.post)
        api.on(f"PATCH {path}/web", self.patch)

    async def get(self, _request):
        return web.json_response(self._seen()) if self.live else refusal(404, "NotFound", "not found")

    async def post(self, request):
        self.live, self.version = await request.json(), 1
        return web.json_response(self._seen(), status=201)

    async def patch(self, request):
        self.forms.append(request.content_type)
        if request.content_type == "application/strategic-merge-patch+json" and not self.strategic:
            return refusal(415, "UnsupportedMediaType", "no strategic merge for custom resources")
        before = json.dumps(self.live, sort_keys=True)
        _merge(self.live, await request.json())
        self.version += json.dumps(self.live, sort_keys=True) != before
        return web.json_response(self._seen())

    def _seen(self):
        return {**self.live, "metadata": {**self.live["metadata"], "resourceVersion": str(self.version)}}


def _merge(live, patch):
    for key, value in patch.items():
        if value is None:
            live.pop(key, None)
        elif isinstance(value, dict) and isinstance(live.get(key), dict):
            _merge(live[key], value)
        else:
            live[key] = value


@pytest.mark.parametrize("strategic", [True, False])
def test_apply_tells_what_it_did_and_removes_what_is_wanted_no_longer(api, tmp_path, strategic):
    store = Store(api, strategic=strategic)
    second = {**CONFIG, "data": {"b": "2"}}

    async def four(cluster):
        said = [await cluster.apply(CONFIG), await cluster.apply(CONFIG)]
        store.live["data"]["theirs"] = "3"
        return [*said, await cluster.apply(second), await cluster.apply(second)]

    assert ask(api, tmp_path, four) == ["created", "unchanged", "configured", "unchanged"]
    assert store.live["data"] == {"b": "2", "theirs": "3"}


def test_a_container_that_is_wanted_no_longer_is_deleted_by_its_name():
    def deployment(*containers):
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web"},
            "spec": {"template": {"spec": {"containers": list(containers)}}},
        }

    before = merge.with_annotation(deployment({"name": "a", "env": [{"name": "X", "value": "1"}]}, {"name": "b"}))

    made = merge.patch(deployment({"name": "a", "env": [{"name": "Y", "value": "2"}]}), before)

    assert made["spec"]["template"]["spec"]["containers"] == [
        {"name": "a", "env": [{"name": "Y", "value": "2"}, {"$patch": "delete", "name": "X"}]},
        {"$patch": "delete", "name": "b"},
    ]


def test_ports_of_a_network_policy_are_replaced_not_merged():
    def policy(*ports):
        rules = [{"ports": [{"port": port} for port in ports]}]
        return {"apiVersion": "n/v1", "kind": "NetworkPolicy", "metadata": {"name": "p"}, "spec": {"ingress": rules}}

    made = merge.patch(policy(6379), merge.with_annotation(policy(5432, 6379)))

    assert made["spec"]["ingress"] == [{"ports": [{"port": 6379}]}]


def test_the_servers_clock_is_that_of_its_answers(api, tmp_path):
    async def dated(_request):
        headers = {"Date": "Sat, 21 Nov 2026 13:00:00 GMT"}
        return web.json_response({"gitVersion": "v1"}, headers=headers)

    api.on("GET /version", dated)

    assert ask(api, tmp_path, lambda cluster: cluster.time()) == 1795266000.0
