"""A node's HTTP server: logs, exec and port-forward, as clients see them."""

import asyncio
import json
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from localcluster.kubelet import spdy

STATUS, STDIN, STDOUT = 3, 0, 1


@asynccontextmanager
async def asking(c, token="secret"):
    await c.happens(c.node.context.working.is_set)
    server = f"http://127.0.0.1:{c.node._server.port}"
    async with aiohttp.ClientSession(server, headers={"Authorization": f"Bearer {token}"}) as session:
        yield session


async def converse(socket, *sent):
    """Send messages, then read all channels until the other side closes."""
    for message in sent:
        await socket.send_bytes(message)
    got = {}
    async for message in socket:
        got[message.data[0]] = got.get(message.data[0], b"") + message.data[1:]
    return got


def test_nobody_is_served_without_the_token(cluster):
    async def scene(c):
        async with asking(c, "guess") as session, session.get("/stats/summary") as answer:
            assert answer.status == 401

    cluster(scene)


def test_a_command_gives_its_output_and_its_exit_code(cluster, ready):
    async def scene(c):
        await c.run("sleep 100")
        await c.until(ready)
        command = "/exec/default/web/main?command=sh&command=-c&command=echo out; echo err >%262; exit 3&output=1"
        async with asking(c) as session, session.ws_connect(command, protocols=["v5.channel.k8s.io"]) as socket:
            assert socket.protocol == "v5.channel.k8s.io"

            got = await converse(socket)

        status = json.loads(got[STATUS])
        assert got[STDOUT] == b"out\n"
        assert got[2] == b"err\n"
        assert status["reason"] == "NonZeroExitCode"
        assert status["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]

    cluster(scene)


def test_closing_stdin_ends_the_input_of_a_command(cluster, ready):
    async def scene(c):
        await c.run("sleep 100")
        await c.until(ready)
        path = "/exec/default/web/main?command=cat&input=1&output=1"
        async with asking(c) as session, session.ws_connect(path, protocols=["v5.channel.k8s.io"]) as socket:
            got = await converse(socket, b"\0hello ", b"\0world", b"\xff\0")

        assert got[STDOUT] == b"hello world"
        assert json.loads(got[STATUS])["status"] == "Success"

    cluster(scene)


def test_a_command_is_killed_when_its_client_leaves(cluster, ready, tmp_path):
    async def scene(c):
        await c.run("sleep 100")
        await c.until(ready)
        note = tmp_path / "pid"
        path = f"/exec/default/web/main?command=sh&command=-c&command=echo $$ > {note}; exec sleep 100"
        async with asking(c) as session, session.ws_connect(path, protocols=["v5.channel.k8s.io"]):
            await c.happens(lambda: note.exists() and note.read_text().strip())

        await c.happens(lambda: not _runs(int(note.read_text())))

    cluster(scene)


def _runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/containerLogs/default/none/main", 404, 'pod "none" in namespace "default"'),
        ("/containerLogs/default/web/none", 404, 'container "none" is not in pod "web"'),
        ("/containerLogs/default/web/main?previous=true", 400, "previous terminated container"),
        ("/containerLogs/default/web/main?tailLines=x", 400, "tailLines='x'"),
        ("/exec/default/web/main?command=ls", 400, "a WebSocket with one of v5.channel.k8s.io"),
    ],
)
def test_what_is_not_there_is_refused_in_words(cluster, ready, path, status, text):
    async def scene(c):
        await c.run("sleep 100")
        await c.until(ready)
        async with asking(c) as session, session.get(path) as answer:
            assert answer.status == status
            assert text in await answer.text()

    cluster(scene)


def test_logs_are_followed_until_the_container_ends(cluster, ready):
    async def scene(c):
        await c.run("echo one; sleep 0.1; echo two", spec={"restartPolicy": "Never"})
        await c.happens(lambda: c.runtime.started and c.runtime.started[0].log.exists())
        path = "/containerLogs/default/web/main?follow=true"
        async with asking(c) as session, session.get(path) as answer:
            assert await answer.text() == "one\ntwo\n"

    cluster(scene)


def test_the_log_before_a_restart_is_the_previous_one(cluster):
    async def scene(c):
        await c.run("echo run $$; exit 1")
        await c.until(
            lambda p: (
                p["status"].get("containerStatuses")
                and p["status"]["containerStatuses"][0]["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff"
            )
        )
        second = c.runtime.started[1].log.read_text().split()[-1]
        async with asking(c) as session:
            for path in ("/containerLogs/default/web/main", "/containerLogs/default/web/main?previous=true"):
                async with session.get(path) as answer:  # while it waits, both mean the run that failed last
                    assert await answer.text() == f"run {second}\n"

    cluster(scene)


def test_statistics_name_each_running_container(cluster, ready):
    async def scene(c):
        await c.run("sleep 100")
        await c.until(ready)
        async with asking(c) as session, session.get("/stats/summary") as answer:
            found = await answer.json()

        (pod,) = found["pods"]
        assert found["node"]["nodeName"] == "node-1"
        assert pod["podRef"]["name"] == "web"
        assert pod["containers"][0]["name"] == "main"
        assert pod["containers"][0]["memory"]["workingSetBytes"] == 1024
        assert pod["containers"][0]["cpu"]["usageNanoCores"] >= 0

    cluster(scene)


async def shout(reader, writer):
    writer.write((await reader.read(1000)).upper())
    await writer.drain()
    writer.close()


def test_the_python_client_s_port_forward_carries_both_ways(cluster, ready):
    async def scene(c):
        await c.run("sleep 100")
        await c.until(ready)
        server = await asyncio.start_server(shout, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        path = f"/portForward/default/web?ports={port}"
        connect = {"url": path, "protocols": ["v4.channel.k8s.io"]}
        async with server, asking(c) as session, session.ws_connect(**connect) as socket:
            got = await converse(socket, b"\0hello")

        begin = port.to_bytes(2, "little")
        assert got == {0: begin + b"HELLO", 1: begin}

    cluster(scene)


def test_kubectl_s_port_forward_carries_several_connections_and_tells_errors(cluster, ready):
    async def scene(c):
        await c.run("sleep 100")
        await c.until(ready)
        server = await asyncio.start_server(shout, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        mine, theirs = spdy.Spdy(), spdy.Spdy()
        connect = {"url": "/portForward/default/web", "protocols": ["SPDY/3.1+portforward.k8s.io"]}
        async with server, asking(c) as session, session.ws_connect(**connect) as socket:
            for request, wanted in enumerate((port, port, 1)):
                headers = {"port": str(wanted), "requestid": str(request)}
                for number, kind in ((4 * request + 1, "error"), (4 * request + 3, "data")):
                    await socket.send_bytes(mine.open(number, {"streamtype": kind, **headers}))
                await socket.send_bytes(spdy.data(4 * request + 3, b"hello %d" % request))
            await socket.send_bytes(spdy.control(spdy.PING, b"\0\0\0\1"))
            got, ended, pinged = await _streams(socket, theirs, 6)

        assert got[3] == b"HELLO 0"
        assert got[7] == b"HELLO 1"
        assert got[1] == got[5] == b""
        assert b"connection to 127.0.0.1:1 in the pod failed" in got[9]
        assert ended == {1, 3, 5, 7, 9, 11}
        assert pinged

    cluster(scene)


async def _streams(socket, codec, count):
    got, ended, pinged = {}, set(), False
    while len(ended) < count:
        message = await socket.receive(timeout=5)
        for frame in codec.feed(message.data):
            pinged = pinged or frame.kind == spdy.PING
            if frame.kind == 0:
                got[frame.stream] = got.get(frame.stream, b"") + frame.payload
                ended |= {frame.stream} if frame.last else set()
    return got, ended, pinged


def test_who_follows_a_silent_log_and_leaves_is_forgotten(cluster, ready):
    async def scene(c):
        await c.run("echo up; exec sleep 100")
        await c.until(ready)
        async with asking(c) as session:
            before = len(asyncio.all_tasks())
            async with session.get("/containerLogs/default/web/main?follow=true") as answer:
                assert await answer.content.readline() == b"up\n"
                answer.close()

            await c.happens(lambda: len(asyncio.all_tasks()) <= before)

    cluster(scene)
