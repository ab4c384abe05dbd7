"""What an installed e2e-run brings along, without the repository around it."""

import subprocess
import sys
import tomllib
from pathlib import Path

from runner.cli import wiring
from runner.targets import embedded

ROOT = Path(__file__).resolve().parents[3]


def test_the_embedded_inventory_is_found_from_an_empty_folder(tmp_path, monkeypatch):
    """It is packaged, and names no path of the repository."""
    monkeypatch.chdir(tmp_path)

    (target,) = wiring.inventory("embedded").targets.values()

    assert (target.kind, target.options) == ("embedded", {"namespace": "jewelry-shop"})


def test_images_are_found_above_the_playbook(tmp_path, monkeypatch):
    """`e2e-run /path/to/clone/playbooks/x.yaml -i embedded` works from any folder."""
    (tmp_path / "clone/demo/shop/images").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    found = embedded.image_folders(str(tmp_path / "clone/playbooks/failover.yaml"))

    assert found[0] == tmp_path / "clone/demo/shop/images"


def test_every_file_of_the_packages_is_in_the_wheel():
    """setuptools leaves out silently what no pattern names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for package, patterns in project["tool"]["setuptools"]["package-data"].items():
        folder = ROOT / package
        packed = {path for pattern in patterns for path in folder.glob(pattern)}
        files = {path for path in folder.rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"}}
        assert files <= packed


def test_a_module_in_the_current_folder_is_not_taken_for_a_package(tmp_path):
    """People keep drills beside code of their own, which may well be called redis.py."""
    (tmp_path / "yaml.py").write_text("raise SystemExit('the wrong yaml')")

    done = subprocess.run(
        embedded.program(["status", "--json"]),
        env={**embedded.environment(), "XDG_CACHE_HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout.strip(), sys.executable in done.args) == (0, "[]", True), done.stderr
