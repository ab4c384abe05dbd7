"""nc and wget of the busybox recipe do what the documents' commands ask of them."""

import http.server
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

BIN = Path(__file__).parents[3] / "demo" / "jewelry-shop" / "images" / "busybox" / "bin"


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        status = {"/": 200, "/moved": 302}.get(self.path, 404)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/")
        self.end_headers()
        self.wfile.write(b"hello\n")

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def run(program, *words, **options):
    name = {"wget": "wget.py"}.get(program, program)
    argv = [sys.executable, "-I", "-S", str(BIN / name), *words]
    return subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False, **options)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("words", "path", "code", "out"),
    [
        (["-q", "-O-"], "/", 0, "hello\n"),
        (["-qO", "-"], "/", 0, "hello\n"),
        (["-q", "-O-", "-T", "2"], "/moved", 0, "hello\n"),
        (["-q", "--spider"], "/", 0, ""),
        (["-q", "-O-"], "/gone", 1, ""),
        (["-q", "--spider"], "/gone", 1, ""),
        (["--no-such"], "/", 1, ""),
    ],
)
def test_wget_fetches_and_fails_like_busyboxs(port, words, path, code, out):
    done = run("wget", *words, f"http://127.0.0.1:{port}{path}")

    assert (done.returncode, done.stdout) == (code, out), done.stderr


@pytest.mark.skipif(shutil.which("bash") is None, reason="a machine without bash takes wget.py for everything")
@pytest.mark.parametrize(("path", "code", "out"), [("/", 0, "hello\n"), ("/moved", 0, "hello\n"), ("/gone", 1, "")])
def test_the_quick_fetch_answers_as_wget_does(port, path, code, out):
    argv = ["bash", str(BIN / "fetch.bash"), f"http://127.0.0.1:{port}{path}"]
    here = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    done = subprocess.run(argv, capture_output=True, text=True, timeout=10, check=False, env=here)

    assert (done.returncode, done.stdout) == (code, out), done.stderr


def test_wget_names_the_status_that_was_answered(port):
    assert "404 Not Found" in run("wget", "-q", "-O-", f"http://127.0.0.1:{port}/gone").stderr


def test_nc_says_open_or_why_not(port):
    there = run("nc", "-zv", "127.0.0.1", str(port))
    not_there = run("nc", "-zv", "-w", "1", "127.0.0.1", str(closed_port()))

    assert (there.returncode, there.stderr) == (0, f"127.0.0.1 (127.0.0.1:{port}) open\n")
    assert not_there.returncode == 1
    assert "refused" in not_there.stderr


def test_nc_passes_bytes_both_ways(port):
    done = run("nc", "127.0.0.1", str(port), input="GET / HTTP/1.0\r\n\r\n")

    assert done.stdout.endswith("hello\n")


@pytest.mark.parametrize("words", [["-zv", "host"], ["-l", "80"], ["h", "port"]])
def test_nc_explains_what_it_can_when_it_is_asked_for_something_else(words):
    done = run("nc", *words)

    assert done.returncode == 1
    assert "usage" in done.stderr
