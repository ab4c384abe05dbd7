import asyncio
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from apiserver_cluster import Cluster, pod

from localcluster.apiserver.relay import Relay
from localcluster.apiserver.server import make_server
from localcluster.apiserver.tokens import Tokens

POD = "/api/v1/namespaces/shop/pods/web"


async def _kubelet(request):
    """Answer as a kubelet does: logs, an echo for exec, a refusal for the container named broken."""
    if request.headers.get("Authorization") != "Bearer kubelet":
        return web.Response(status=401)
    if request.path.startswith("/containerLogs"):
        return web.Response(text=f"{request.path} {request.query_string}")
    if request.path.endswith("/broken"):
        return web.Response(status=400, text='container "broken" does not run')
    socket = web.WebSocketResponse(protocols=("v5.channel.k8s.io",))
    await socket.prepare(request)
    await socket.send_json(list(request.query.items()))
    async for message in socket:
        await socket.send_bytes(message.data)
    return socket


@asynccontextmanager
async def _listening(server):
    runner = web.ServerRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


@asynccontextmanager
async def _relayed():
    cluster = Cluster()
    tokens = Tokens(cluster.registry.store, admin="admin", kubelet="kubelet", secret=b"s")
    relay = Relay(cluster.registry, "kubelet")
    async with (
        _listening(web.Server(_kubelet)) as kubelet,
        _listening(make_server(cluster.registry, tokens, relay)) as server,
        aiohttp.ClientSession(f"http://127.0.0.1:{server}", headers={"Authorization": "Bearer admin"}) as session,
    ):
        status = {"daemonEndpoints": {"kubeletEndpoint": {"Port": kubelet}}}
        cluster.create("nodes", {"metadata": {"name": "node-1"}, "status": status}, None)
        two = pod(node="node-1")
        two["spec"]["containers"].append({"name": "broken", "image": "x:1"})
        cluster.create("pods", two)
        yield session
        await relay.close()


@pytest.fixture
def ask():
    def asked(scenario):
        async def run():
            async with _relayed() as session:
                return await asyncio.wait_for(scenario(session), 5)

        return asyncio.run(run())

    return asked


def test_logs_come_from_the_pods_node(ask):
    async def scenario(session):
        async with session.get(f"{POD}/log", params={"container": "main", "tailLines": "3"}) as answer:
            return await answer.text()

    assert ask(scenario) == "/containerLogs/shop/web/main tailLines=3"


def test_exec_messages_go_both_ways_in_the_clients_protocol(ask):
    async def scenario(session):
        url = f"{POD}/exec?container=main&command=echo&command=a%20%2B%20%26%20b&stdin=true&stdout=1&tty=false"
        async with session.ws_connect(url, protocols=("v9", "v5.channel.k8s.io")) as socket:
            query = await socket.receive_json()
            await socket.send_bytes(b"\x00hello")
            return socket.protocol, query, await socket.receive_bytes()

    protocol, query, echo = ask(scenario)
    assert protocol == "v5.channel.k8s.io"
    assert query == [["command", "echo"], ["command", "a + & b"], ["input", "1"], ["output", "1"], ["tty", "false"]]
    assert echo == b"\x00hello"


@pytest.mark.parametrize(
    ("container", "message"),
    [
        ("broken", 'container "broken" does not run'),
        ("other", "container other is not valid for pod web"),
        ("", "a container name must be specified for pod web, choose one of: [main broken]"),
    ],
)
@pytest.mark.parametrize("upgrade", ["websocket", "SPDY/3.1"])
def test_a_refused_exec_tells_why(ask, container, message, upgrade):
    async def scenario(session):
        headers = {"Upgrade": upgrade, "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
        headers |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": "v5.channel.k8s.io"}
        query = {"container": container, "command": "x"}
        async with session.get(f"{POD}/exec", params=query, headers=headers) as answer:
            return answer.status, (await answer.json())["message"]

    assert ask(scenario) == (400, message)
