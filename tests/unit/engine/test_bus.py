"""The event bus: masked, numbered, on disk at once, and not to be broken by a report."""

import json

from runner.clock import run_virtually
from runner.core.events import Note
from runner.engine.bus import Bus


def emit(path, listeners, *texts, mask=str):
    async def go():
        bus = Bus(path, listeners, mask)
        for text in texts:
            bus.emit(Note(level="info", text=text))
        return bus

    return run_virtually(go())


def test_neither_file_nor_listener_ever_sees_a_secret(tmp_path):
    """The mask is applied once, where everything passes."""
    seen = []
    emit(tmp_path / "e.jsonl", [seen.append], "password is hunter22", mask=lambda text: text.replace("hunter22", "***"))

    assert [event.text for event in seen] == ["password is ***"]
    assert "hunter22" not in (tmp_path / "e.jsonl").read_text()


def test_each_event_is_on_disk_when_it_has_been_emitted(tmp_path):
    """A runner that is killed now has told all until now; the file is not even closed here."""
    emit(tmp_path / "e.jsonl", [], "one", "two")

    lines = [json.loads(line) for line in (tmp_path / "e.jsonl").read_text().splitlines()]
    assert [(line["seq"], line["text"]) for line in lines] == [(1, "one"), (2, "two")]


def test_a_report_that_breaks_is_left_out_and_said_so(tmp_path):
    """A full disk of one report must not end a drill in the middle of a fault."""
    seen = []

    def broken(event):
        raise OSError("disk full")

    emit(None, [broken, seen.append], "one", "two")

    assert [event.text for event in seen if "disk full" not in event.text] == ["one", "two"]
    assert sum("disk full" in event.text for event in seen) == 1
