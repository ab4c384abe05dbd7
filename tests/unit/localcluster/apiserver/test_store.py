import asyncio

import pytest

from localcluster.apiserver.store import Store
from localcluster.client import ApiError

KEY = ("shop", "a")


def _obj(**more):
    return {"metadata": {"name": "a", "namespace": "shop"}, **more}


def test_every_write_gets_the_next_version_whatever_the_resource():
    store = Store()

    first = store.put("pods", KEY, _obj()).version
    second = store.put("services", KEY, _obj()).version

    assert second == first + 1


def test_a_deletion_is_newer_than_the_last_write():
    """Patroni's cache drops a DELETED event that is not newer."""
    store = Store()
    written = store.put("pods", KEY, _obj())

    gone = store.remove("pods", KEY)

    assert gone.version > written.version
    assert gone.obj["metadata"]["resourceVersion"] == str(gone.version)


def test_a_log_that_was_cut_answers_410_for_what_lies_before_the_cut():
    store = Store(log_length=2)
    versions = [store.put("pods", KEY, _obj(n=number)).version for number in range(4)]

    assert [one.entry.obj["n"] for one in store.since("pods", versions[1])] == [2, 3]
    with pytest.raises(ApiError) as caught:
        list(store.since("pods", versions[0]))

    assert caught.value.code == 410


def test_a_retired_version_can_still_be_read():
    store = Store()
    old = store.put("pods", KEY, _obj(n=1))
    store.put("pods", KEY, _obj(n=2))

    assert old.obj["n"] == 1


def test_a_watch_sees_an_object_leave_its_selection_as_deleted(cluster):
    cluster.create("configmaps", {"metadata": {"name": "a", "labels": {"app": "x"}}})
    watcher = cluster.watch("configmaps", cluster.registry.store.version, labels="app=x")

    cluster.patch("configmaps", "a", {"metadata": {"labels": {"app": "y"}}})
    cluster.patch("configmaps", "a", {"metadata": {"labels": {"app": "x"}}})

    seen = asyncio.run(watcher.next())
    assert [kind for kind, _ in seen] == ["DELETED", "ADDED"]


def test_a_watch_from_an_old_version_replays_what_happened_since(cluster):
    version = cluster.registry.store.version
    cluster.create("configmaps", {"metadata": {"name": "a"}})
    cluster.delete("configmaps", "a")

    seen = asyncio.run(cluster.watch("configmaps", version).next())

    assert [kind for kind, _ in seen] == ["ADDED", "DELETED"]


def test_a_write_that_changes_nothing_has_no_version_and_no_event(cluster):
    cluster.create("configmaps", {"metadata": {"name": "a"}, "data": {"k": "v"}})
    before = cluster.registry.store.version

    cluster.patch("configmaps", "a", {"data": {"k": "v"}})

    assert cluster.registry.store.version == before
