import pytest
from apiserver_cluster import deployment, pod

from localcluster.apiserver import ages, pod_state, tables
from localcluster.apiserver.columns import COLUMNS
from localcluster.apiserver.resources import BY_KEY


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (119, "119s"),
        (120, "2m"),
        (312, "5m12s"),
        (659, "10m"),
        (11_000, "3h3m"),
        (30_000, "8h"),
        (200_000, "2d7h"),
        (900_000, "10d"),
        (70_000_000, "2y80d"),
    ],
)
def test_ages_are_written_as_kubectl_writes_them(seconds, text):
    assert ages.human(seconds) == text


def _pod(statuses=(), **more):
    return {
        "metadata": {},
        "spec": {"containers": [{}, {}]},
        "status": {"phase": "Running", "containerStatuses": statuses},
    } | more


@pytest.mark.parametrize(
    ("statuses", "word"),
    [
        ([{"ready": True, "state": {"running": {}}}], "Running"),
        ([{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}], "CrashLoopBackOff"),
        ([{"state": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}], "OOMKilled"),
        ([{"state": {"terminated": {"exitCode": 3}}}], "ExitCode:3"),
    ],
)
def test_a_pods_word_comes_from_its_containers(statuses, word):
    assert pod_state.pod_status(_pod(statuses)) == word


def test_a_marked_pod_is_terminating():
    assert pod_state.pod_status(_pod(metadata={"deletionTimestamp": "x"})) == "Terminating"


def test_a_sidecar_counts_as_one_of_the_pods_containers():
    sidecar = {"name": "s", "ready": True, "started": True, "restartCount": 2, "state": {"running": {}}}
    status = {
        "conditions": [{"type": "Initialized", "status": "True"}],
        "initContainerStatuses": [sidecar],
        "containerStatuses": [{"name": "a", "ready": False, "restartCount": 1, "state": {}}],
    }
    spec = {"containers": [{"name": "a"}], "initContainers": [{"name": "s", "restartPolicy": "Always"}]}

    shown = _pod(spec=spec, status=status)

    assert pod_state.pod_ready(shown) == "1/2"
    assert pod_state.pod_restarts(shown) == "3"


def test_every_kind_has_columns_and_fills_them(cluster):
    made = {"pods": pod(), "deployments.apps": deployment()}
    for resource, obj in made.items():
        cluster.create(resource, obj)

    for key, resource in BY_KEY.items():
        if resource.verbs == ("create",):
            continue
        assert key in COLUMNS
        entries = cluster.registry.store.all(key)
        shown = tables.table(resource, [one.obj for one in entries], "1")
        assert all(len(row["cells"]) == len(shown["columnDefinitions"]) for row in shown["rows"])


def test_only_the_first_table_of_a_watch_has_headings():
    assert "columnDefinitions" not in tables.table(BY_KEY["pods"], [], "1", headed=False)
