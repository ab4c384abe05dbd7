"""The journal: what is owed survives, what is done is not owed."""

import json

from runner.engine import journal


def test_what_was_done_is_not_owed_and_the_latest_comes_first(drill, make, tmp_path):
    """`recover` mends in reverse order."""
    done = drill(make.play(make.step("break", undo="a"), make.step("break", undo="b", mends=False)))
    debts = journal.read(done.logs / "journal.jsonl")

    assert [entry.undo["mend"]["name"] for entry in debts.entries] == ["b"]


def test_a_line_cut_off_by_a_power_loss_is_passed_over(tmp_path):
    """Its blow had not been struck: the line is synced before."""
    path = tmp_path / "journal.jsonl"
    owed = {"owe": "1", "play": "p", "target": "t", "within": 5, "undo": {"scale": {"replicas": 3}}}
    path.write_text(
        json.dumps({"environment": {"inventory": "i"}}) + "\n" + json.dumps(owed) + "\n" + '{"owe": "2", "pl'
    )

    assert [entry.label for entry in journal.read(path).entries] == ["scale replicas=3"]


def test_only_debts_to_this_inventory_count(tmp_path):
    """A drill on another environment is not held up."""
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        owed = {"owe": "1", "play": "p", "target": "t", "within": 5, "undo": {"scale": {}}}
        lines = [{"environment": {"inventory": name}}, owed]
        (folder / "journal.jsonl").write_text("\n".join(map(json.dumps, lines)))

    assert [debts.path.parent.name for debts in journal.unfinished(tmp_path, "two")] == ["two"]


def test_a_debt_is_synced_to_the_disk_before_the_caller_goes_on(tmp_path, monkeypatch):
    """A power cut right after the blow still finds the way back; the file's own name is synced too."""
    synced = []
    monkeypatch.setattr(journal.os, "fsync", lambda fd: synced.append(journal.os.readlink(f"/proc/self/fd/{fd}")))
    monkeypatch.setattr(journal, "to_playbook", lambda step: {"scale": {}})

    journal.Journal(tmp_path / "j.jsonl", dict, str).owe(None, play="p", target="t", within=1.0)

    assert synced[-1] == str(tmp_path / "j.jsonl")
    assert str(tmp_path) in synced
