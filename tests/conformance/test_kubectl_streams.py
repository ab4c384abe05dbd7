"""What kubectl streams: logs, exec, cp, attach, port-forward."""

import contextlib
import os
import pty
import re
import select
import socket
import urllib.request

import pytest


@pytest.fixture(scope="module")
def speaker(namespace, build):
    """A pod with a web server and a container that counts."""
    counting = 'n=0; while :; do n=$((n+1)); echo "line $n"; sleep 0.1; done'
    namespace.apply(
        build.pod("speaker", build.web(), build.container(counting, name="counter")), build.service("speaker")
    )
    namespace.ready("pod/speaker")


pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("speaker")]


def test_logs_give_what_a_container_wrote(kube):
    assert kube.run("logs", "speaker", "-c", "main") == "listening\n"
    assert kube.run("logs", "speaker", "-c", "counter").startswith("line 1\nline 2\n")


def test_logs_of_all_containers_are_marked(kube):
    told = kube.run("logs", "speaker", "--all-containers", "--prefix", "--tail=1")

    assert "[pod/speaker/main] listening" in told
    assert "[pod/speaker/counter] line " in told


def test_logs_take_the_tail_and_timestamps(kube):
    told = kube.run("logs", "speaker", "-c", "counter", "--tail=2", "--timestamps").splitlines()

    assert len(told) == 2
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z line \d+", told[0])


def test_logs_follow_as_lines_are_written(kube):
    following = kube.start("logs", "-f", "--tail=1", "speaker", "-c", "counter")

    numbers = [int(following.stdout.readline().split()[1]) for _ in range(5)]

    assert numbers == list(range(numbers[0], numbers[0] + 5))


def test_following_ends_with_the_container(kube, build):
    kube.apply(build.pod("brief", build.container("echo one; sleep 1; echo two"), restartPolicy="Never"))
    kube.until(lambda: kube.pod("brief")["status"]["phase"] != "Pending", "a container")

    assert kube.run("logs", "-f", "brief") == "one\ntwo\n"


def test_previous_logs_are_those_before_the_restart(kube, build):
    script = "if [ -e /data/seen ]; then echo second; exec sleep 1000; fi; touch /data/seen; echo first; exit 1"
    volume = {"name": "data", "emptyDir": {}}
    container = build.container(script, volumeMounts=[{"name": "data", "mountPath": "/data"}])
    kube.apply(build.pod("twice", container, volumes=[volume]))
    kube.until(lambda: kube.attempt("logs", "twice").out == "second\n", "the second run")

    assert kube.run("logs", "--previous", "twice") == "first\n"


def test_logs_of_an_unknown_container_name_the_known_ones(kube):
    assert "container nobody is not valid for pod speaker" in kube.refused("logs", "speaker", "-c", "nobody")


def test_exec_gives_output_error_and_exit_code(kube):
    done = kube.attempt("exec", "speaker", "-c", "main", "--", "sh", "-c", "echo out; echo err >&2; exit 7")

    assert done.code == 7
    assert done.out == "out\n"
    assert done.err.startswith("err\n")


def test_exec_passes_standard_input_until_its_end(kube):
    assert kube.run("exec", "-i", "speaker", "-c", "main", "--", "cat", stdin="a\nb\n") == "a\nb\n"


def test_exec_of_something_missing_fails(kube):
    done = kube.attempt("exec", "speaker", "-c", "main", "--", "no-such-program")

    assert done.code != 0
    assert "no-such-program" in done.err


def test_exec_on_a_terminal_is_a_terminal(kube):
    """-it gives the process a terminal of our size, with echo and line ends of a terminal."""
    ours, theirs = pty.openpty()
    shell = kube.start(
        "exec", "-it", "speaker", "-c", "main", "--", "sh", stdin=theirs, stdout=theirs, stderr=theirs, text=False
    )
    os.close(theirs)

    os.write(ours, b"tty; echo $((6*7)); exit 3\n")
    seen = _read(ours)

    assert "/dev/pts/" in seen
    assert "\r\n42\r\n" in seen
    assert shell.wait(10) == 3


def _read(fd):
    seen = b""
    with contextlib.suppress(OSError):  # EIO is how a terminal says that nobody is left
        while select.select([fd], [], [], 20)[0] and (piece := os.read(fd, 4096)):
            seen += piece
    os.close(fd)
    return seen.decode()


def test_attach_reads_what_comes(kube):
    attached = kube.start("attach", "speaker", "-c", "counter")

    assert any(re.search(r"line \d+", attached.stdout.readline()) for _ in range(4))


def test_cp_carries_files_both_ways(kube, tmp_path):
    content = os.urandom(3_000_000)
    (tmp_path / "there").mkdir()
    (tmp_path / "there/a").write_bytes(content)
    (tmp_path / "there/b").write_text("b")

    kube.run("cp", tmp_path / "there", "speaker:/tmp/there", "-c", "main")
    kube.run("cp", "speaker:/tmp/there", tmp_path / "back", "-c", "main")

    assert (tmp_path / "back/a").read_bytes() == content
    assert (tmp_path / "back/b").read_text() == "b"


@pytest.mark.parametrize("target", ["pod/speaker", "service/speaker"])
def test_port_forward_carries_connections(kube, target):
    forwarding = kube.start("port-forward", target, ":8080" if target.startswith("pod") else ":80")
    port = int(re.search(r"127\.0\.0\.1:(\d+) ->", forwarding.stdout.readline())[1])

    answers = [urllib.request.urlopen(f"http://127.0.0.1:{port}/{n}", timeout=10).read() for n in range(3)]

    assert [answer.decode().split()[::2] for answer in answers] == [["speaker", f"/{n}"] for n in range(3)]


def test_port_forward_to_a_closed_port_says_so(kube):
    forwarding = kube.start("port-forward", "pod/speaker", ":9999")
    port = int(re.search(r"127\.0\.0\.1:(\d+) ->", forwarding.stdout.readline())[1])

    with socket.create_connection(("127.0.0.1", port), timeout=10) as link, contextlib.suppress(ConnectionError):
        link.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert link.recv(10) == b""

    told = next(line for line in forwarding.stdout if "n error occurred forwarding" in line)
    assert "Errno 111" in told or "refused" in told
