"""Connections side by side, with servers that are played."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import anyio

from runner.access.lanes import Denied, Lanes, Unanswered
from runner.access.not_served import NotServed
from runner.core.errors import Unreachable
from runner.core.ledger import Fate, Write
from runner.core.record import Record


class Server:
    """Connects when it is up; writes as it is told."""

    def __init__(self):
        self.up = True
        self.api = True
        self.connected = 0
        self.hang = 0
        self.answer = None
        self.slow = 0.0

    async def find(self):
        if not self.api:
            raise Unreachable("no route")
        return self

    @asynccontextmanager
    async def connect(self, target):
        if not self.up:
            raise NotServed("refused")
        await asyncio.sleep(self.slow)
        self.connected += 1
        try:
            yield self
        finally:
            self.connected -= 1

    async def write(self, write, within):
        if self.hang:
            self.hang -= 1
            await asyncio.sleep(within)
            raise Unanswered("no answer")
        if self.answer:
            raise self.answer


def play(script, count=2, timeout=0.3, slow=0.0):
    async def main():
        server, record = Server(), Record(10.0, timeout)
        server.slow = slow
        lanes = Lanes(server.find, server.connect, record, anyio.current_time)

        async def carry():
            write = Write(anyio.current_time(), id="x")
            await lanes.carry(write)
            return write

        async with anyio.create_task_group() as group:
            lanes.start(group, count)
            await lanes.connected(1.0)
            found = await script(server, carry)
            lanes.note_blindness()
            group.cancel_scope.cancel()
        return found, record, server

    return asyncio.run(main())


def test_a_write_is_acknowledged_and_its_lane_used_again():
    async def script(server, carry):
        return [await carry() for _ in range(5)]

    writes, _, server = play(script)

    assert {one.fate for one in writes} == {Fate.ACKNOWLEDGED}
    assert server.connected == 0


def test_the_time_that_we_need_to_connect_is_no_failure_of_the_server():
    async def script(server, carry):
        return await carry()

    write, _, _ = play(script, slow=0.2)

    assert write.fate is Fate.ACKNOWLEDGED


def test_a_server_that_is_not_there_is_not_waited_for_for_ever():
    async def main():
        server, record = Server(), Record(10.0, 0.3)
        server.up = False
        lanes = Lanes(server.find, server.connect, record, anyio.current_time)
        async with anyio.create_task_group() as group:
            lanes.start(group, 1)
            await lanes.connected(0.1)
            write = Write(anyio.current_time(), id="x")
            await lanes.carry(write)
            group.cancel_scope.cancel()
        return write

    assert asyncio.run(main()).error == "refused"


def test_one_write_that_hangs_does_not_stop_the_others():
    async def script(server, carry):
        server.hang = 1
        hanging = asyncio.create_task(carry())
        await asyncio.sleep(0)
        others = [await carry() for _ in range(5)]
        return [*others, await hanging]

    writes, _, _ = play(script)

    assert [one.fate for one in writes] == [Fate.ACKNOWLEDGED] * 5 + [Fate.UNANSWERED]
    assert writes[-1].timed_out
    assert writes[4].done_at < writes[5].done_at


def test_while_nobody_serves_a_write_fails_at_once_and_was_never_sent():
    async def script(server, carry):
        server.up, server.answer = False, Unanswered("closed")
        first = [await carry(), await carry()]
        return [*first, await carry()]

    writes, _, _ = play(script)

    assert [one.fate for one in writes] == [Fate.UNANSWERED, Fate.UNANSWERED, Fate.UNSENT]
    assert writes[2].done_at - writes[2].sent_at < 0.1
    assert not writes[2].timed_out


def test_a_refusal_is_noted_as_one_and_the_server_looked_up_again():
    async def script(server, carry):
        server.answer = Denied("read only")
        refused = await carry()
        server.answer = None
        await asyncio.sleep(0.1)
        return [refused, await carry()]

    writes, record, _ = play(script, count=1)

    assert [one.fate for one in writes] == [Fate.REFUSED, Fate.ACKNOWLEDGED]
    assert writes[0].error == "read only"
    assert [one.ok for one in record.attempts] == [True, True]


def test_a_look_up_that_the_api_does_not_answer_is_a_gap_until_one_is():
    async def script(server, carry):
        server.api, server.answer = False, Unanswered("closed")
        await carry()
        await asyncio.sleep(0.3)
        server.api, server.answer = True, None
        await asyncio.sleep(0.1)
        return await carry()

    write, record, _ = play(script, count=1)

    (gap,) = record.gaps
    assert write.fate is Fate.ACKNOWLEDGED
    assert 0.2 < gap.ended - gap.started < 0.4
    assert "the API did not answer: no route" in gap.why


def test_tries_that_fail_are_noted_with_their_times():
    async def script(server, carry):
        server.up, server.answer = False, Unanswered("closed")
        await carry()
        await asyncio.sleep(0.15)
        server.up, server.answer = True, None
        await asyncio.sleep(0.1)

    _, record, _ = play(script, count=1)

    outcomes = [one.ok for one in record.attempts]
    assert outcomes == [True, *[False] * (len(outcomes) - 2), True]
    assert len(outcomes) >= 3
