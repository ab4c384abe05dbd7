"""Exec, watch and tunnel: what comes through, and who is to blame when nothing does."""

import asyncio
import json

import pytest
from aiohttp import web

from runner.core.errors import Unreachable
from runner.core.target import ApiRefused

from .conftest import channels, forwarding, refusal, served

EXEC = "GET /api/v1/namespaces/shop/pods/web/exec"
FORWARD = "GET /api/v1/namespaces/shop/pods/web/portforward"
PODS = "GET /api/v1/namespaces/shop/pods"
SUCCESS = (3, b'{"status": "Success"}')


def status(code: int) -> tuple[int, bytes]:
    causes = [{"reason": "ExitCode", "message": str(code)}]
    return 3, json.dumps({"status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": causes}}).encode()


def run(api, folder, **settings):
    async def go():
        async with served(api, folder) as cluster:
            return await cluster.exec("web", ["echo", "hi there"], **settings)

    return asyncio.run(go())


def test_output_and_code_come_back(api, tmp_path):
    api.on(EXEC, channels((1, b"par"), (2, b"oops"), (1, b"tly \xc3"), (1, b"\xa9"), status(3)))

    done = run(api, tmp_path)

    assert (done.code, done.stdout, done.stderr) == (3, "partly é", "oops")
    assert "command=echo&command=hi" in api.seen[-1]


def test_standard_input_is_sent_and_ended(api, tmp_path):
    answer = channels(SUCCESS)
    api.on(EXEC, answer)

    run(api, tmp_path, stdin="abc")

    assert answer.received == [b"\x00abc", b"\xff\x00"]


def test_a_connection_that_breaks_off_is_nobodys_exit_code(api, tmp_path):
    api.on(EXEC, channels((1, b"half")))

    with pytest.raises(Unreachable, match="broke off"):
        run(api, tmp_path)


def test_a_program_that_is_not_there_is_a_refusal(api, tmp_path):
    failure = {"status": "Failure", "code": 500, "reason": "InternalError", "message": "executable file not found"}
    api.on(EXEC, channels((3, json.dumps(failure).encode())))

    with pytest.raises(ApiRefused, match="executable file not found"):
        run(api, tmp_path)


def test_a_command_that_hangs_times_out(api, tmp_path):
    async def hang(request):
        socket = web.WebSocketResponse(protocols=("v5.channel.k8s.io",))
        await socket.prepare(request)
        await socket.receive()
        return socket

    api.on(EXEC, hang)

    with pytest.raises(TimeoutError):
        run(api, tmp_path, timeout=0.1)


def test_a_pod_that_is_not_there_is_a_refusal(api, tmp_path):
    api.on(EXEC, refusal(404, "NotFound", "no pod"))

    with pytest.raises(ApiRefused) as caught:
        run(api, tmp_path)

    assert caught.value.code == 404


def pod(name: str, version: int) -> dict:
    return {"metadata": {"name": name, "uid": f"uid-{name}", "resourceVersion": str(version)}}


def watching(api, lists: list, streams: list):
    """Each list is answered once, then each stream, in turn."""

    async def answer(request):
        if "watch" not in request.query:
            return web.json_response({"metadata": {"resourceVersion": "7"}, "items": lists.pop(0)})
        response = web.StreamResponse()
        await response.prepare(request)
        for event in streams.pop(0) if streams else ():
            await response.write(json.dumps(event).encode() + b"\n")
        if not streams:
            await asyncio.sleep(5)
        return response

    api.on(PODS, answer)


def changes(api, folder, number: int) -> list[tuple[str, str]]:
    async def go():
        async with served(api, folder) as cluster:
            found = []
            async for change in cluster.watch("Pod"):
                found.append((change.type, change.object["metadata"]["name"]))
                if len(found) == number:
                    break
            return found

    return asyncio.run(asyncio.wait_for(go(), 3))


def test_what_is_there_comes_first_then_what_happens(api, tmp_path):
    watching(api, [[pod("a", 1)]], [[{"type": "MODIFIED", "object": pod("a", 8)}]])

    assert changes(api, tmp_path, 2) == [("ADDED", "a"), ("MODIFIED", "a")]


def test_what_happened_while_the_stream_was_broken_is_found_again(api, tmp_path):
    """b went and c came while nobody watched; a changed."""
    watching(api, [[pod("a", 1), pod("b", 2)], [pod("a", 9), pod("c", 10)]], [[], []])

    assert changes(api, tmp_path, 5)[2:] == [("DELETED", "b"), ("MODIFIED", "a"), ("ADDED", "c")]


def test_an_expired_version_leads_to_a_new_list(api, tmp_path):
    watching(api, [[pod("a", 1)], [pod("a", 2)]], [[{"type": "ERROR", "object": {"code": 410}}], []])

    assert changes(api, tmp_path, 2) == [("ADDED", "a"), ("MODIFIED", "a")]


class Echo:
    """A server that answers what it gets."""

    async def __aenter__(self) -> int:
        async def answer(reader, writer):
            while data := await reader.read(100):
                writer.write(data)
            writer.close()

        self.server = await asyncio.start_server(answer, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    async def __aexit__(self, *_):
        self.server.close()


async def say(address, text: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(text)
    got = await asyncio.wait_for(reader.read(100), 3)
    writer.close()
    return got


def test_bytes_go_through_a_tunnel_and_connections_do_not_mix(api, tmp_path):
    async def go():
        async with Echo() as port, served(api, tmp_path) as cluster:
            api.on(FORWARD, forwarding(port))
            async with cluster.tunnel("web", 5432) as address:
                return await asyncio.gather(say(address, b"one"), say(address, b"two"))

    assert asyncio.run(go()) == [b"one", b"two"]


def through(api, folder, answer):
    """What somebody sees who complains inside the tunnel, as a database driver does."""

    async def go():
        async with served(api, folder) as cluster:
            api.on(FORWARD, answer)
            async with cluster.tunnel("web", 5432) as address:
                if not await say(address, b"hello"):
                    raise ConnectionResetError("server closed the connection")

    asyncio.run(go())


def test_a_server_that_does_not_listen_is_the_servers_fault(api, tmp_path):
    with pytest.raises(ConnectionResetError, match="server closed"):
        through(api, tmp_path, forwarding(1))


def test_a_pod_that_is_gone_is_the_systems_fault(api, tmp_path):
    with pytest.raises(ConnectionResetError):
        through(api, tmp_path, refusal(404, "NotFound", "no pod"))


def test_a_kubelet_that_does_not_answer_is_the_tunnels_fault(api, tmp_path):
    with pytest.raises(Unreachable, match="tunnel: the API answered 503"):
        through(api, tmp_path, refusal(503, "ServiceUnavailable", "no kubelet"))
