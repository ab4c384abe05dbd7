import asyncio
import json
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from apiserver_cluster import Cluster, pod

from localcluster.apiserver.relay import Relay
from localcluster.apiserver.server import make_server
from localcluster.apiserver.tokens import Tokens

ADMIN = {"Authorization": "Bearer admin"}
CONFIG_MAPS = "/api/v1/namespaces/shop/configmaps"


@asynccontextmanager
async def _serving():
    cluster = Cluster()
    tokens = Tokens(cluster.registry.store, admin="admin", kubelet="kubelet", secret=b"secret")
    relay = Relay(cluster.registry, "kubelet")
    runner = web.ServerRunner(make_server(cluster.registry, tokens, relay), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0]
    async with aiohttp.ClientSession(f"http://{host}:{port}", headers=ADMIN) as session:
        yield cluster, session
    await relay.close()
    await runner.cleanup()


@pytest.fixture
def ask():
    def asked(scenario):
        async def run():
            async with _serving() as (cluster, session):
                return await asyncio.wait_for(scenario(cluster, session), 5)

        return asyncio.run(run())

    return asked


def test_who_has_no_token_is_nobody(ask):
    async def scenario(_, session):
        answers = []
        for token in ("", "Bearer wrong", "Bearer a.b.c", "Basic admin"):
            async with session.get("/api/v1/pods", headers={"Authorization": token}) as answer:
                answers.append((answer.status, (await answer.json())["reason"]))
        return answers

    assert ask(scenario) == [(401, "Unauthorized")] * 4


def test_a_service_accounts_token_ends_with_its_account(ask):
    async def scenario(cluster, session):
        path = "/api/v1/namespaces/shop/serviceaccounts/default/token"
        async with session.post(path, json={"spec": {}}) as answer:
            token = (await answer.json())["status"]["token"]
        bearer, statuses = {"Authorization": f"Bearer {token}"}, []
        async with session.get(CONFIG_MAPS, headers=bearer) as answer:
            statuses.append(answer.status)
        cluster.delete("serviceaccounts", "default")
        async with session.get(CONFIG_MAPS, headers=bearer) as answer:
            statuses.append(answer.status)
        return statuses

    assert ask(scenario) == [200, 401]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/apis/example.org/v1/things", 404),
        ("GET", "/api/v1/nosuch", 404),
        ("GET", "/api/v1/namespaces/shop/pods/none", 404),
        ("GET", "/api/v1/namespaces/shop/pods/none/log", 404),
        ("PUT", "/api/v1/namespaces/shop/pods", 405),
        ("GET", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", 405),
        ("DELETE", "/api/v1/namespaces", 405),
        ("DELETE", "/api/v1/pods", 405),
        ("DELETE", "/api/v1/namespaces/kube-system", 403),
        ("GET", "/openapi/v2", 200),
        ("GET", "/version/", 200),
        ("GET", "/readyz", 200),
        ("GET", "/openapi/v3/apis/apps/v1", 200),
    ],
)
def test_every_path_gets_its_status(ask, method, path, status):
    async def scenario(_, session):
        async with session.request(method, path) as answer:
            return answer.status

    assert ask(scenario) == status


def test_a_refusal_always_has_details(ask):
    """`kubectl debug` reads them without looking whether they are there."""

    async def scenario(cluster, session):
        cluster.create("pods", pod())
        async with session.get("/api/v1/namespaces/shop/pods/web/ephemeralcontainers") as answer:
            return answer.status, (await answer.json())["details"]

    assert ask(scenario) == (404, {})


def test_a_watch_sends_each_change_at_once_and_no_bookmark(ask):
    async def scenario(cluster, session):
        query = {"watch": "True", "resourceVersion": str(cluster.registry.store.version)}
        async with session.get(CONFIG_MAPS, params=query) as answer:
            cluster.create("configmaps", {"metadata": {"name": "a"}})
            first = json.loads(await answer.content.readline())
            cluster.delete("configmaps", "a")
            second = json.loads(await answer.content.readline())
            return answer.headers.get("Content-Encoding"), first["type"], second["type"]

    assert ask(scenario) == (None, "ADDED", "DELETED")


def test_a_watch_that_is_too_old_is_told_to_list(ask):
    async def scenario(cluster, session):
        for number in range(2100):
            cluster.registry.store.put("configmaps", ("shop", "x"), {"metadata": {"name": "x", "n": number}})
        async with session.get(CONFIG_MAPS, params={"watch": "1", "resourceVersion": "3"}) as answer:
            return answer.status, (await answer.json())["reason"]

    assert ask(scenario) == (410, "Expired")


def test_a_watch_ends_when_its_client_goes(ask):
    async def scenario(cluster, session):
        listeners = cluster.registry.store._listeners
        async with session.get(CONFIG_MAPS, params={"watch": "1", "resourceVersion": "0"}):
            watched = len(listeners["configmaps"])
        while listeners["configmaps"]:  # noqa: ASYNC110 - the server sets no event when it has noticed
            await asyncio.sleep(0)
        return watched

    assert ask(scenario) == 1


def test_a_table_is_sent_to_who_asks_for_one(ask):
    async def scenario(cluster, session):
        cluster.create("pods", pod())
        accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
        async with session.get("/api/v1/pods", headers={"Accept": accept}) as answer:
            return await answer.json()

    table = ask(scenario)
    assert table["kind"] == "Table"
    assert table["rows"][0]["cells"][:3] == ["web", "0/1", "Pending"]


def test_a_dry_run_stores_nothing(ask):
    async def scenario(cluster, session):
        async with session.post(CONFIG_MAPS, params={"dryRun": "All"}, json={"metadata": {"name": "a"}}) as answer:
            return answer.status, cluster.names("configmaps")

    assert ask(scenario) == (201, ["kube-root-ca.crt"])


def test_an_unknown_field_is_warned_of(ask):
    async def scenario(_, session):
        async with session.post(CONFIG_MAPS, json={"metadata": {"name": "a"}, "dat": {}}) as answer:
            return answer.status, answer.headers["Warning"]

    assert ask(scenario) == (201, '299 - "unknown field \\"dat\\""')


def test_logs_of_a_pod_whose_kubelet_is_gone_are_502(ask):
    async def scenario(cluster, session):
        # port 1 of the loopback: nobody listens there
        status = {"daemonEndpoints": {"kubeletEndpoint": {"Port": 1}}}
        cluster.create("nodes", {"metadata": {"name": "node-1"}, "status": status}, None)
        cluster.create("pods", pod(node="node-1"))
        async with session.get("/api/v1/namespaces/shop/pods/web/log") as answer:
            return answer.status, (await answer.json())["message"]

    status, message = ask(scenario)
    assert status == 502
    assert "error dialing the kubelet" in message


def test_an_aggregated_api_without_endpoints_is_503(ask):
    async def scenario(cluster, session):
        spec = {"group": "metrics.k8s.io", "version": "v1beta1", "groupPriorityMinimum": 1, "versionPriority": 1}
        spec |= {"service": {"namespace": "kube-system", "name": "metrics-server"}}
        name = {"metadata": {"name": "v1beta1.metrics.k8s.io"}}
        cluster.create("apiservices.apiregistration.k8s.io", name | {"spec": spec}, None)
        async with session.get("/apis/metrics.k8s.io/v1beta1/nodes") as answer:
            return answer.status, (await answer.json())["message"]

    assert ask(scenario) == (503, "the server is currently unable to handle the request")
