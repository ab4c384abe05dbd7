"""Recipes become images that a real container runtime takes."""

import io
import json
import subprocess
import sys
import tarfile
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[3] / "scripts/real-cluster-images"
RECIPE = """
image: till:1
argv: [till, --open]
args: [--now]
env: {LIGHT: "on"}
uid: 7
workdir: /till
paths: {/till: "{recipe}/files"}
"""


def make(folder):
    (folder / "till/files").mkdir(parents=True)
    (folder / "till/recipe.yaml").write_text(RECIPE)
    (folder / "till/files/drawer").write_text("coins")
    with tarfile.open(folder / "rootfs.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("etc/issue"), io.BytesIO())
    words = ["--rootfs", folder / "rootfs.tar", "--python", sys.executable, "-o", folder / "out.tar", folder]
    subprocess.run([sys.executable, SCRIPT, *map(str, words)], check=True, capture_output=True)
    return tarfile.open(folder / "out.tar")


def test_an_image_says_what_its_recipe_says(tmp_path):
    """A pod without command, on a real cluster, starts what it starts on the embedded one."""
    with make(tmp_path) as archive:
        [image] = json.load(archive.extractfile("manifest.json"))
        said = json.load(archive.extractfile(image["Config"]))["config"]

    assert image["RepoTags"] == ["docker.io/library/till:1"]
    assert said["Entrypoint"] == ["till", "--open"]
    assert said["Cmd"] == ["--now"]
    assert said["Env"] == ["LIGHT=on"]
    assert (said["User"], said["WorkingDir"]) == ("7:7", "/till")


def test_the_last_layer_holds_the_recipes_paths_and_they_are_roots(tmp_path):
    """A container's user cannot change its own program."""
    with make(tmp_path) as archive:
        [image] = json.load(archive.extractfile("manifest.json"))
        with tarfile.open(fileobj=archive.extractfile(image["Layers"][-1])) as layer:
            drawer = layer.getmember("till/drawer")
            coins = layer.extractfile(drawer).read()

    assert coins == b"coins"
    assert (drawer.uid, drawer.gid) == (0, 0)


def test_a_digest_is_that_of_the_layer(tmp_path):
    """A runtime refuses an image whose layers are not what its configuration names."""
    with make(tmp_path) as archive:
        [image] = json.load(archive.extractfile("manifest.json"))
        named = json.load(archive.extractfile(image["Config"]))["rootfs"]["diff_ids"]

    assert named == ["sha256:" + layer.removesuffix("/layer.tar") for layer in image["Layers"]]
    assert len(named) == 3
