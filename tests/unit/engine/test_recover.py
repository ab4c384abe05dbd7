"""`recover`: what a dead run owes is mended once, on the right system, in reverse order."""

import asyncio
import json

import pytest

from runner.core.errors import Gone, Refused
from runner.engine import journal
from runner.engine.recover import Recovery
from runner.playbook.plan import Inventory, TargetSpec


@pytest.fixture
def recover(tmp_path, make, drill):
    """Recover a journal that owes two mends, on a system with this identity (or an error instead of one)."""
    path = tmp_path / "journal.jsonl"
    owed = [
        {"owe": word, "play": "p", "target": "shop", "within": 5, "undo": {"mend": {"name": word}}} for word in "ab"
    ]
    head = {"environment": {"inventory": "inv", "run": "r", "systems": {"shop": "nowhere-1"}}}
    path.write_text("".join(json.dumps(line) + "\n" for line in (head, *owed)))
    spec = TargetSpec("shop", "nowhere", {}, make.where)

    def run(identity="nowhere-1", error=None):
        async def connect(spec):
            if error:
                raise error
            there = make.nowhere()
            there.identity = identity
            return there

        recovery = Recovery(
            journal.read(path), Inventory("inv", "inv.yaml", "local", {"shop": spec}), connect, make.kinds
        )
        return asyncio.run(recovery.run()), recovery, journal.read(path).entries

    return run


def test_it_mends_in_reverse_and_then_nothing_is_owed(recover, world):
    """A second `recover` finds an empty list."""
    broken, recovery, left = recover()

    assert (broken, left) == ([], ())
    assert [word for word in world.log if word in "ab"] == ["b", "a"]
    assert len(recovery.mended) == 2


def test_another_system_of_the_same_name_is_never_touched(recover, world):
    """A cluster made anew under an old context owes nothing, and must not be changed."""
    with pytest.raises(Refused, match="another system"):
        recover(identity="nowhere-2")

    assert not [word for word in world.log if word in "ab"]


def test_what_ended_with_its_run_owes_nothing(recover, world):
    """The embedded cluster of a killed run was reaped: so is all that was broken in it."""
    broken, recovery, left = recover(error=Gone("it has ended"))

    assert (broken, left, recovery.gone) == ([], (), ["it has ended"])
