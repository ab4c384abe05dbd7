"""Every file in `bad/` is told all its mistakes at once, in exactly the sentences that stand at its end.

A line `#! 4: what` expects `FILE:4: what`; `#! parts/x.yaml:3: what` expects a mistake in another file. A file
`NAME.inventory.yaml` beside `NAME.yaml` is its inventory.
"""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict, Field

from runner.core.errors import InvalidInput
from runner.playbook.inventory import load_inventory
from runner.playbook.load import load_all
from runner.playbook.overrides import read_overrides

BAD = Path(__file__).parent / "bad"
CASES = sorted(path for path in BAD.glob("*.yaml") if not path.stem.endswith(".inventory"))


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid")
    namespace: str = "default"
    context: str = Field(default="", description="Context of the kubeconfig.")


def target_options(kind):
    return Options if kind == "fake" else None


target_options.names = lambda: ["fake", "kubernetes"]


def expected(path):
    for name in (path.name, f"{path.stem}.inventory.yaml"):
        file = path.parent / name
        for line in file.read_text().splitlines() if file.exists() else ():
            if found := re.match(r"#! (?:(\S+\.yaml):)?(\d+): (.*)", line):
                yield f"{found[1] or name}:{found[2]}: {found[3]}"
            elif line.startswith("#! "):
                yield line[3:]


def options(path):
    return [line[4:] for line in path.read_text().splitlines() if line.startswith("#-e ")]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_all_mistakes_are_told_at_once_with_file_and_line(path, kinds, inventory, monkeypatch):
    monkeypatch.chdir(BAD)
    own = Path(f"{path.stem}.inventory.yaml")

    def found():
        return load_inventory(str(own), [], target_options) if own.exists() else inventory

    with pytest.raises(InvalidInput) as raised:
        load_all(path.name, kinds, found, lambda: read_overrides(options(path)))

    assert sorted(str(raised.value).splitlines()) == sorted(expected(path))


def test_there_are_cases():
    assert len(CASES) > 20


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_case_expects_something(path):
    assert list(expected(path))
