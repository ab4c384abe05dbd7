"""Records, locks and folders of clusters."""

import multiprocessing
import os
from dataclasses import replace
from pathlib import Path

import pytest

from localcluster.launcher import state
from localcluster.launcher.errors import UsageError
from localcluster.launcher.process import ProcessName

RECORD = state.Record(
    name="one",
    supervisor=ProcessName(7, 8),
    api="https://127.0.0.1:6443",
    ingress="http://127.0.0.1:8080",
    started=1.5,
    owner=None,
    lacks=("cpu-limits",),
)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_a_record_is_read_as_it_was_written():
    for record in (RECORD, replace(RECORD, owner=ProcessName(1, 2))):
        state.folder("one").mkdir(parents=True, exist_ok=True)
        state.write(record)

        assert state.read("one") == record


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"name": "one"}'])
def test_a_broken_record_is_none(content):
    state.folder("one").mkdir(parents=True)
    (state.folder("one") / "cluster.json").write_text(content)

    assert state.read("one") is None


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "-a", "a-", "a" * 41, "a b"])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(UsageError, match="is no name"):
        state.folder(name)


def test_folders_that_pods_made_unwritable_are_removed(cache):
    deep = state.folder("one") / "volumes" / "locked"
    deep.mkdir(parents=True)
    (deep / "file").write_text("x")
    deep.chmod(0)
    deep.parent.chmod(0o500)

    state.remove("one")

    assert list(cache.iterdir()) == []


def test_other_clusters_stay():
    for name in ("one", "two"):
        state.folder(name).mkdir(parents=True)

    state.remove("one")

    assert state.names() == ["two"]


def test_the_lock_leaves_no_file(cache):
    with state.locked("one"):
        assert state.names() == []
        assert [path.name for path in (cache / "localcluster").iterdir()] == [".one.lock"]

    assert list(cache.iterdir()) == []


def test_only_one_holds_the_lock_at_a_time(cache):
    """Each adds one to a number in a file without care; with the lock no addition is lost."""
    counter = cache / "counter"
    counter.write_text("0")
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_add, args=(counter, 40)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert counter.read_text() == "120"


def _add(counter: Path, times: int) -> None:
    for _ in range(times):
        with state.locked("one"):
            number = int(counter.read_text())
            os.sched_yield()
            counter.write_text(str(number + 1))
