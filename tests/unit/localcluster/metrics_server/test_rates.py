"""From counters to use."""

from datetime import UTC, datetime, timedelta

import pytest

from localcluster.metrics_server.rates import Rates

START = datetime(2026, 1, 1, tzinfo=UTC)


def _part(seconds: float, cores: float, started: str = "x") -> dict:
    moment = (START + timedelta(seconds=seconds)).isoformat()
    memory = {"time": moment, "workingSetBytes": 2048}
    return {
        "startTime": started,
        "cpu": {"time": moment, "usageCoreNanoSeconds": int(seconds * cores * 1e9)},
        "memory": memory,
    }


def _summary(seconds: float, *pods: tuple[str, float], started: str = "x") -> dict:
    found = [
        {
            "podRef": {"namespace": "default", "name": name, "uid": name},
            "containers": [{"name": "main", **_part(seconds, cores, started)}],
        }
        for name, cores in pods
    ]
    return {"node": {"nodeName": "n", **_part(seconds, 1)}, "pods": found}


def test_use_is_the_average_over_the_last_scrapes():
    rates = Rates()
    for second in (0, 2, 4, 6, 8):
        rates.put("n", _summary(second, ("a", 0.25)))
    use = rates.pod("default", "a")["main"]
    assert (use.cpu, use.window, use.memory) == (250_000_000, 6.0, 2048)
    assert use.at == START + timedelta(seconds=8)
    assert rates.node("n").cpu == 1_000_000_000


def test_one_counter_says_nothing_yet():
    rates = Rates()
    rates.put("n", _summary(2, ("a", 1)))
    assert rates.pod("default", "a") is None


@pytest.mark.parametrize("change", ["start time", "smaller counter"])
def test_a_restarted_container_is_reckoned_from_its_restart(change):
    rates = Rates()
    rates.put("n", _summary(10, ("a", 1)))
    rates.put("n", _summary(12, ("a", 1)))
    cores, started = (2, "y") if change == "start time" else (0.5, "x")
    rates.put("n", _summary(14, ("a", cores), started=started))
    assert rates.pod("default", "a") is None
    rates.put("n", _summary(16, ("a", cores), started=started))
    assert rates.pod("default", "a")["main"].cpu == int(cores * 1e9)


def test_a_pod_that_is_gone_is_forgotten():
    rates = Rates()
    for second in (0, 2):
        rates.put("n", _summary(second, ("a", 1), ("b", 1)))
    rates.put("n", _summary(4, ("b", 1)))
    assert rates.pod("default", "a") is None
    assert rates.pod("default", "b")


def test_a_node_that_is_gone_takes_its_pods_along():
    rates = Rates()
    for second in (0, 2):
        rates.put("n", _summary(second, ("a", 1)))
    rates.forget({"n"})
    assert rates.pod("default", "a") is None
    assert rates.known_nodes() == set()
