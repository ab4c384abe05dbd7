"""Logs: reading, following, rotating."""

import asyncio

import pytest

from localcluster.kubelet.cri_log import last_lines, parse, tail_text
from localcluster.kubelet.log_options import LogOptions
from localcluster.kubelet.log_rotation import rotate
from localcluster.kubelet.log_stream import stream_log


def entry(second, text, tag="F"):
    return f"2026-01-31T12:00:{second:02}.000000Z stdout {tag} {text}\n"


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "0.log"
    path.write_text("".join(entry(n, f"line {n}") for n in range(10)))
    return path


def read(log, ended=None, **options):
    async def all_of_it():
        return b"".join([data async for data in stream_log(log, LogOptions(**options), ended)]).decode()

    return asyncio.run(all_of_it())


def test_parts_of_a_line_are_joined(tmp_path):
    (tmp_path / "0.log").write_text(entry(1, "long ", "P") + entry(1, "line"))

    assert read(tmp_path / "0.log") == "long line\n"


@pytest.mark.parametrize("raw", [b"", b"2026 stdout", b"2026 stdout X text\n"])
def test_a_damaged_line_is_left_out(raw):
    assert parse(raw) is None


def test_the_tail_counts_whole_lines(log):
    assert read(log, tail=2) == "line 8\nline 9\n"
    assert read(log, tail=0) == ""
    assert read(log, tail=99).startswith("line 0\n")


def test_the_tail_reaches_over_blocks_and_rotation(tmp_path):
    log = tmp_path / "0.log"
    (tmp_path / "0.log.1").write_text("".join(entry(n % 60, f"old {n} {'x' * 50}") for n in range(3000)))
    log.write_text(entry(1, "new 0") + entry(1, "new 1"))

    found = last_lines(log, 2000)

    assert len(found) == 2000
    assert found[0].text.startswith(b"old 1002 ")
    assert tail_text(log, 1) == "new 1\n"


def test_since_timestamps_and_limit(log):
    since = LogOptions.read({"sinceTime": "2026-01-31T12:00:08Z"}).since

    assert read(log, since=since) == "line 8\nline 9\n"
    assert read(log, tail=1, timestamps=True) == "2026-01-31T12:00:09.000000Z line 9\n"
    assert read(log, limit=10) == "line 0\nlin"


def test_a_malformed_number_is_refused():
    with pytest.raises(ValueError, match="tailLines='many'"):
        LogOptions.read({"tailLines": "many"})


def test_following_gives_what_comes_until_the_end_even_over_a_rotation(log):
    async def scene():
        ended, seen = asyncio.get_running_loop().create_future(), []

        async def follow():
            async for data in stream_log(log, LogOptions(follow=True, tail=1), ended):
                seen.append(data.decode())

        task = asyncio.create_task(follow())
        await asyncio.sleep(0.01)
        with log.open("a") as file:
            file.write(entry(10, "before"))
        assert rotate(log, 100)
        with log.open("a") as file:
            file.write(entry(11, "after"))
        await asyncio.sleep(0.15)
        ended.set_result(None)
        await task
        return "".join(seen)

    assert asyncio.run(scene()) == "line 9\nbefore\nafter\n"


def test_a_small_log_is_left_alone_and_a_large_one_is_copied_and_emptied(log):
    assert not rotate(log, 10_000)
    assert rotate(log, 10)

    assert log.stat().st_size == 0
    assert read(log).count("\n") == 10
