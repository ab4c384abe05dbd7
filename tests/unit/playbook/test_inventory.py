from pathlib import Path

import pytest
from pydantic import BaseModel

from runner import targets
from runner.core.errors import InvalidInput
from runner.playbook.inventory import load_inventory
from runner.playbook.overrides import read_overrides

INVENTORIES = Path(__file__).parents[3] / "inventories"


class Options(BaseModel):
    namespace: str = "default"
    host: str = ""


def options(kind):
    return Options if kind in ("k3s", "fake") else None


@pytest.fixture
def written(tmp_path):
    (tmp_path / "vps.yaml").write_text(
        "class: staging\n"
        "targets:\n"
        "  shop: {k3s: {host: vps}, namespace: jewelry-shop}\n"
        "  bare: {fake: }\n"
        "lacks: [metrics]\nrequire: [ingress]\nvars: {rto: 60s}\n"
        "secrets:\n"
        "  one: {env: ONE}\n  two: {file: two.txt}\n  three: {kubernetes: {secret: s, key: k}}\n"
    )
    return tmp_path


def test_an_inventory_is_found_by_name(written):
    found = load_inventory("vps", [Path("/nowhere"), written], options)

    assert found.name == "vps"
    assert found.class_ == "staging"
    assert list(found.targets) == ["shop", "bare"]
    assert found.targets["shop"].options == {"host": "vps", "namespace": "jewelry-shop"}
    assert found.targets["shop"].where.line == 3
    assert found.lacks == {"metrics"}
    assert found.variables == {"rto": "60s"}


def test_secrets_say_where_they_are_read(written):
    secrets = load_inventory(str(written / "vps.yaml"), [], options).secrets

    assert {name: spec.source for name, spec in secrets.items()} == {"one": "env", "two": "file", "three": "kubernetes"}
    assert secrets["two"].options == {"file": str(written / "two.txt")}
    assert secrets["three"].options == {"secret": "s", "key": "k"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("vsp", 'unknown inventory vsp; did you mean "vps"?'),
        ("quite-other", "unknown inventory quite-other; there are vps"),
        ("./vps.yaml", "inventory ./vps.yaml is not there"),
    ],
)
def test_an_unknown_inventory_says_what_there_is(written, name, said):
    with pytest.raises(InvalidInput) as raised:
        load_inventory(name, [written], options)

    assert str(raised.value) == said


@pytest.mark.parametrize("name", ["embedded", "k3d", "minikube"])
def test_a_shipped_inventory_is_right(name):
    found = load_inventory(name, [INVENTORIES], lambda kind: getattr(targets.find(kind), "Options", None))

    assert [spec.kind for spec in found.targets.values()] == [name]


def test_overrides_are_yaml_and_the_last_one_wins(tmp_path):
    (tmp_path / "x.yaml").write_text("a: from file\nb: [1, 2]\n")

    found = read_overrides(["a=first", f"@{tmp_path}/x.yaml", "c=true", "c=false", "d=x=y", "e="])

    assert found == {"a": "from file", "b": [1, 2], "c": False, "d": "x=y", "e": None}
