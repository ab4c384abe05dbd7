"""Probes in virtual time."""

import asyncio

import pytest

from localcluster.kubelet import probes
from localcluster.kubelet.ending import Ending
from localcluster.kubelet.handlers import Outcome, Target, perform, port_of
from localcluster.kubelet.probes import Probe, Tally


@pytest.mark.parametrize(
    ("successes", "answers", "verdicts"),
    [
        (1, [True, False, False, False, True], [True, True, True, False, True]),
        (2, [False, False, True, False, False, False], [None, None, None, None, None, False]),
        (2, [True, True, False, True], [None, True, True, True]),
    ],
)
def test_a_verdict_changes_after_so_many_of_the_same_in_a_row(successes, answers, verdicts):
    tally = Tally(successes, failures=3)

    assert [tally.add(answer) for answer in answers] == verdicts


def script(monkeypatch, answers):
    asked = []

    async def answer(_spec, _target, _limit):
        asked.append(asyncio.get_running_loop().time())
        return Outcome(answers[min(len(asked), len(answers)) - 1], "why")

    monkeypatch.setattr(probes, "perform", answer)
    return asked


def play(virtual, spec, start, seconds):
    """Follow a probe for some virtual seconds; give (time, verdict) of each change."""
    seen, bad = [], []

    async def tell(verdict):
        seen.append((asyncio.get_running_loop().time(), verdict))
        return True

    async def scene():
        gate = asyncio.Event()
        gate.set()
        probe = Probe("Readiness", spec, None, 0.0, gate, lambda kind, why: bad.append((kind, why)))
        task = asyncio.create_task(probe.follow(start, tell))
        await asyncio.sleep(seconds)
        task.cancel()

    virtual(scene())
    return seen, bad


def test_the_first_question_is_asked_at_once_then_every_period(monkeypatch, virtual):
    asked = script(monkeypatch, [True])

    seen, _ = play(virtual, {"periodSeconds": 10}, start=False, seconds=35)

    assert asked == [0, 10, 20, 30]
    assert seen == [(0, True)]


def test_the_initial_delay_counts_from_the_start(monkeypatch, virtual):
    asked = script(monkeypatch, [True])

    play(virtual, {"initialDelaySeconds": 7, "periodSeconds": 5}, start=False, seconds=13)

    assert asked == [7, 12]


def test_one_bad_answer_is_an_event_and_three_make_it_unready(monkeypatch, virtual):
    script(monkeypatch, [True, False, False, False, True])

    seen, bad = play(virtual, {"periodSeconds": 1}, start=False, seconds=4.5)

    assert seen == [(0, True), (3, False), (4, True)]
    assert bad == [("Readiness", "why")] * 3


@pytest.mark.parametrize(("later", "over"), [(5, 15), (60, 30), (0, 10)])
def test_patience_is_over_after_the_grace_period_and_can_only_shrink(virtual, later, over):
    async def scene():
        loop, ending = asyncio.get_running_loop(), Ending()
        ending.begin(30)
        await asyncio.sleep(10)
        ending.begin(later)
        await ending.over.wait()
        return loop.time()

    assert virtual(scene()) == over


def test_a_port_may_be_a_name():
    container = {"name": "c", "ports": [{"name": "web", "containerPort": 8000}]}

    assert port_of("web", container) == 8000
    assert port_of("81", container) == 81
    with pytest.raises(ValueError, match="no port named 'sql'"):
        port_of("sql", container)


def test_nobody_listening_is_a_bad_answer_with_the_address():
    target = Target({"name": "c"}, "127.0.0.1", None)

    outcome = asyncio.run(perform({"tcpSocket": {"port": 1}}, target, 1.0))

    assert not outcome.good
    assert "dial tcp 127.0.0.1:1" in outcome.message


def test_a_grpc_probe_is_refused_in_words():
    outcome = asyncio.run(perform({"grpc": {"port": 1}}, Target({"name": "c"}, "127.0.0.1", None), 1.0))

    assert outcome == Outcome(False, "grpc is not supported")


@pytest.mark.parametrize(("code", "good"), [(200, True), (302, True), (399, True), (400, False), (503, False)])
def test_http_is_good_from_200_to_399(code, good):
    async def scene():
        async def answer(reader, writer):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(f"HTTP/1.1 {code} X\r\nContent-Length: 0\r\n\r\n".encode())
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            action = {"httpGet": {"port": port, "path": "health"}}
            return await perform(action, Target({"name": "c"}, "127.0.0.1", None), 1.0)

    outcome = asyncio.run(scene())

    assert outcome.good is good


def test_http_follows_a_redirect_on_the_same_host_and_sends_its_headers():
    requests = []

    async def scene():
        async def answer(reader, writer):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            requests.append(head)
            moved = head.startswith("GET /old")
            code, extra = ("302 Found", "Location: /new?x=1\r\n") if moved else ("200 OK", "")
            writer.write(f"HTTP/1.1 {code}\r\n{extra}Content-Length: 0\r\n\r\n".encode())
            writer.close()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            headers = [{"name": "Host", "value": "shop.example"}]
            action = {"httpGet": {"port": port, "path": "/old", "httpHeaders": headers}}
            return await perform(action, Target({"name": "c"}, "127.0.0.1", None), 1.0)

    assert asyncio.run(scene()).good
    assert requests[1].startswith("GET /new?x=1 ")
    assert "Host: shop.example" in requests[0]
    assert requests[0].count("Host:") == 1
