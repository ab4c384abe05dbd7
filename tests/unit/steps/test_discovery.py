"""The word in the playbook is the name of the file."""

import sys

import pytest

from runner import steps
from runner.core.errors import InvalidInput

TEAM_STEP = '''"""A team's own kind."""
from runner.core.observation import Observation
from runner.core.step import Action

class OpenTill(Action):
    """Open the till.

    Example:
        - open-till: {}
    """
    async def act(self, ctx):
        return Observation("opened")
'''


@pytest.mark.parametrize("word", steps.names())
def test_every_kind_is_found_under_its_own_word(word):
    found = steps.find(word)

    assert found is not None
    assert found.kind() == word
    assert "Example:" in (found.__doc__ or "")


def test_a_word_of_python_ends_in_an_underscore():
    assert steps.find("assert").__module__ == "runner.steps.assert_"


@pytest.mark.parametrize("word", ["no-such-kind", "__init__", "../core/step", "", "assert_", "kill_pod"])
def test_what_is_no_kind_is_none(word):
    assert steps.find(word) is None


def test_a_team_adds_its_own_beside_the_playbook(tmp_path):
    (tmp_path / "open_till.py").write_text(TEAM_STEP)

    assert steps.find("open-till", [tmp_path]).kind() == "open-till"
    assert "open-till" in steps.names([tmp_path])
    assert steps.find("open-till") is None


def test_a_kind_with_a_mistake_is_told_with_its_line(tmp_path):
    (tmp_path / "broken.py").write_text("import os\n\nraise RuntimeError('no till')\n")

    with pytest.raises(InvalidInput, match=r"broken.py:3: RuntimeError: no till"):
        steps.find("broken", [tmp_path])


def test_a_file_with_two_kinds_is_a_mistake(tmp_path):
    (tmp_path / "two.py").write_text(TEAM_STEP + TEAM_STEP.replace("OpenTill", "CloseTill"))

    with pytest.raises(InvalidInput, match="one public step class, this one 2"):
        steps.find("two", [tmp_path])


def test_asking_for_one_kind_does_not_import_the_others():
    for name in [name for name in sys.modules if name.startswith("runner.steps.")]:
        del sys.modules[name]

    steps.find("debug")

    assert [name for name in sys.modules if name.startswith("runner.steps.")] == ["runner.steps.debug"]
