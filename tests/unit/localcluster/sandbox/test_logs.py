"""Container output as CRI log lines."""

import asyncio
import os

from localcluster.sandbox.logs import Log, split


def test_complete_lines_are_full_entries_and_the_rest_waits():
    rest = bytearray(b"one\ntwo\nthr")

    assert split(rest, final=False) == [(b"F", b"one"), (b"F", b"two")]
    assert rest == b"thr"


def test_the_last_line_without_newline_is_kept_at_the_end():
    rest = bytearray(b"last words")

    assert split(rest, final=True) == [(b"F", b"last words")]


def test_a_long_line_is_cut_into_parts_and_ends_with_a_full_entry():
    rest = bytearray(b"x" * 40000 + b"\n")

    entries = split(rest, final=False)

    assert [(tag, len(text)) for tag, text in entries] == [(b"P", 16384), (b"P", 16384), (b"F", 7232)]


def test_a_line_that_never_ends_does_not_wait_in_memory():
    rest = bytearray(b"x" * 20000)

    assert [(tag, len(text)) for tag, text in split(rest, final=False)] == [(b"P", 16384)]


def test_an_empty_line_is_an_entry():
    assert split(bytearray(b"\n"), final=False) == [(b"F", b"")]


def test_both_streams_arrive_in_the_file_with_time_and_name(tmp_path):
    async def scenario() -> None:
        log = Log(tmp_path / "deep" / "c.log")
        for stream, text in (("stdout", b"out\n"), ("stderr", b"err\n")):
            read, write = os.pipe()
            log.follow(read, stream)
            os.write(write, text)
            os.close(write)
        await asyncio.wait_for(log.drained(), 5)

    asyncio.run(scenario())

    lines = [line.split(" ", 3) for line in (tmp_path / "deep" / "c.log").read_text().splitlines()]
    assert sorted(line[1:] for line in lines) == [["stderr", "F", "err"], ["stdout", "F", "out"]]
    assert all(line[0].endswith("Z") and "T" in line[0] for line in lines)
