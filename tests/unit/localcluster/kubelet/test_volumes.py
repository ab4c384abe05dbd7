"""Files that volumes hold, and where containers see them."""

import pytest

from localcluster.kubelet import atomic
from localcluster.kubelet.atomic import File
from localcluster.kubelet.environment import ConfigError
from localcluster.kubelet.mounts import volume_mounts
from localcluster.kubelet.volumes import Volume


def visible(folder):
    return {entry.name: entry.read_text() for entry in folder.iterdir() if not entry.name.startswith("..")}


def test_files_are_swapped_by_one_symlink(tmp_path):
    atomic.write(tmp_path, {"a": File(b"1"), "b": File(b"2")})
    first = (tmp_path / "..data").readlink()

    atomic.write(tmp_path, {"a": File(b"3"), "c": File(b"4")})

    assert visible(tmp_path) == {"a": "3", "c": "4"}
    assert (tmp_path / "a").readlink().as_posix() == "..data/a"
    assert (tmp_path / "..data").readlink() != first
    assert not (tmp_path / first).exists()


def test_an_open_file_keeps_its_old_content(tmp_path):
    atomic.write(tmp_path, {"a": File(b"1")})
    with (tmp_path / "a").open() as opened:
        atomic.write(tmp_path, {"a": File(b"2")})

        assert opened.read() == "1"


def test_nothing_is_written_when_nothing_changed(tmp_path):
    assert atomic.write(tmp_path, {"a": File(b"1", 0o600)})
    assert not atomic.write(tmp_path, {"a": File(b"1", 0o600)})
    assert atomic.write(tmp_path, {"a": File(b"1", 0o400)})


def test_a_path_with_folders_shows_its_first_part(tmp_path):
    atomic.write(tmp_path, {"conf/x/y": File(b"1")})

    assert (tmp_path / "conf/x/y").read_text() == "1"
    assert (tmp_path / "conf").is_symlink()


def mounts(container, volumes, env=None):
    return {m.target: (m.source, m.read_only) for m in volume_mounts(container, volumes, env or {})}


def test_a_sub_path_is_a_part_of_the_volume_and_is_made(tmp_path):
    volumes = {"v": Volume(tmp_path)}
    entry = {"name": "v", "mountPath": "/data", "subPathExpr": "$(POD)/x"}

    assert mounts({"volumeMounts": [entry]}, volumes, {"POD": "db-0"}) == {"/data": (tmp_path / "db-0/x", False)}
    assert (tmp_path / "db-0/x").is_dir()


@pytest.mark.parametrize("path", ["../x", "/etc", "out"])
def test_a_sub_path_must_stay_inside(tmp_path, path):
    (tmp_path / "v").mkdir()
    (tmp_path / "v/out").symlink_to("/etc")
    entry = {"name": "v", "mountPath": "/data", "subPath": path}

    with pytest.raises(ConfigError, match="sub-path"):
        mounts({"volumeMounts": [entry]}, {"v": Volume(tmp_path / "v")})


def test_outer_mounts_come_first(tmp_path):
    entries = [{"name": "v", "mountPath": "/a/b"}, {"name": "v", "mountPath": "/a", "readOnly": True}]

    found = volume_mounts({"volumeMounts": entries}, {"v": Volume(tmp_path)}, {})

    assert [(m.target, m.read_only) for m in found] == [("/a", True), ("/a/b", False)]


def test_a_projected_volume_joins_its_sources(cluster, ready):
    async def scene(c):
        await c.client.create("configmaps", {"metadata": {"name": "cm"}, "data": {"a": "1", "b": "2"}}, "default")
        await c.client.create("secrets", {"metadata": {"name": "s"}, "data": {"key": "aGk="}}, "default")
        sources = [
            {"configMap": {"name": "cm", "items": [{"key": "a", "path": "conf/a", "mode": 0o400}]}},
            {"secret": {"name": "s"}},
            {"configMap": {"name": "nowhere", "optional": True}},
            {"downwardAPI": {"items": [{"path": "me", "fieldRef": {"fieldPath": "metadata.labels['app']"}}]}},
        ]
        await c.create(
            {
                "containers": [{"name": "main", "image": "tool:1", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
                "volumes": [{"name": "v", "projected": {"sources": sources, "defaultMode": 0o640}}],
            },
            labels={"app": "web"},
        )
        await c.until(ready)
        mount = next(m for m in c.runtime.started[0].mounts if m.target == "/v")

        assert mount.read_only
        assert (mount.source / "conf/a").read_text() == "1"
        assert (mount.source / "conf/a").stat().st_mode & 0o777 == 0o400
        assert (mount.source / "key").read_text() == "hi"
        assert (mount.source / "key").stat().st_mode & 0o777 == 0o640
        assert (mount.source / "me").read_text() == "web"
        assert not (mount.source / "b").exists()

    cluster(scene)


@pytest.mark.parametrize(
    ("volume", "why"),
    [
        ({"hostPath": {"path": "/etc"}}, "path /etc is refused"),
        (
            {"downwardAPI": {"items": [{"path": "../x", "fieldRef": {"fieldPath": "metadata.name"}}]}},
            "inside the volume",
        ),
        ({"nfs": {"server": "x", "path": "/"}}, "nfs is not supported"),
        ({"configMap": {"name": "nowhere"}}, 'configmap "nowhere" not found'),
        ({"persistentVolumeClaim": {"claimName": "none"}}, 'persistentvolumeclaim "none" not found'),
    ],
)
def test_a_volume_that_cannot_be_is_an_event(cluster, volume, why):
    async def scene(c):
        await c.run("sleep 9", spec={"volumes": [{"name": "v", **volume}]})

        events = await c.events(1, "FailedMount")

        assert why in events[0]["message"]

    cluster(scene)
