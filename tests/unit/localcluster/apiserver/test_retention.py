from datetime import UTC, datetime, timedelta

from localcluster.apiserver import retention


def _event(cluster, name, last):
    involved = {"kind": "Pod", "name": "web", "namespace": "shop"}
    cluster.create("events", {"metadata": {"name": name}, "involvedObject": involved, "lastTimestamp": last})


def test_only_old_events_are_forgotten(cluster):
    _event(cluster, "old", "2026-01-01T00:00:00Z")
    _event(cluster, "new", "2026-01-01T02:00:00Z")

    retention.forget(cluster.registry.store, datetime(2026, 1, 1, 2, tzinfo=UTC) - timedelta(hours=1))

    assert cluster.names("events") == ["new"]
