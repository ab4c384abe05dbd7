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
