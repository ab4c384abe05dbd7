"""What the shop says and does while its cache or its database is away, and afterwards."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

SNIPPET = """
from django.core.cache import cache
cache.set('test_key', 'test_value', 300)
print('Data written:', cache.get('test_key'))
"""


@contextmanager
def frozen(*processes):
    """Processes that keep their connections and answer nothing, as behind a dead network."""
    for process in processes:
        os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process.pid, signal.SIGCONT)


def eventually(look, seconds=20):
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def healthy(shop):
    """Whole before and after."""
    eventually(lambda: shop.call("GET", "/health/ready/")[0] == 200 and shop.redis.ready())
    yield shop
    eventually(lambda: shop.call("GET", "/health/ready/")[0] == 200)


def test_ready_says_what_it_checked(healthy):
    status, said = healthy.call("GET", "/health/ready/")

    assert status == 200
    assert {name: check["result"] for name, check in said["checks"].items()} == {"database": "ok", "cache": "ok"}
    assert all(check["ms"] >= 0 for check in said["checks"].values())


def test_without_a_cache_ready_is_503_and_says_so_and_live_is_200(healthy):
    with frozen(*healthy.redis.servers.values()):
        status, said = healthy.call("GET", "/health/ready/")
        live = healthy.call("GET", "/health/live/")[0]

    assert status == 503
    assert (said["checks"]["database"]["result"], said["checks"]["cache"]["result"]) == ("ok", "failing")
    assert said["checks"]["cache"]["error"]
    assert live == 200


def test_the_cache_follows_a_failover_without_an_error(healthy):
    """The old master is frozen and not dead: its connections stay open, which is the harder case."""
    old = healthy.redis.master()

    with frozen(healthy.redis.servers[old]):
        status, _ = healthy.call("GET", "/api/heartbeat/")
        eventually(lambda: healthy.redis.master() != old)
        eventually(lambda: healthy.call("GET", "/health/ready/")[0] == 200, 5)  # a probe may meet the dead connection

    assert status == 200


def test_the_documents_cache_snippet_runs_without_setup(healthy):

    done = subprocess.run(
        [sys.executable, "-c", SNIPPET], env=healthy.environment, capture_output=True, text=True, check=True
    )

    assert done.stdout == "Data written: test_value\n"


def test_a_wrong_password_is_said_at_once(healthy):
    began = time.monotonic()
    wrong = healthy.environment | {"REDIS_PASSWORD": "another-one"}

    done = subprocess.run([sys.executable, "-c", SNIPPET], env=wrong, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert "AuthenticationError" in done.stderr
    assert time.monotonic() - began < 5  # the patience for a failover is 8 s
