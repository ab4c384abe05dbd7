"""The relay of the ingress."""

import contextlib
import selectors
import socket
import threading
import time

import pytest

from localcluster.launcher.relay import Relay


@pytest.fixture
def relay():
    """Relay a fresh loopback listener to a target; give the listener's address."""
    stop, stopped = socket.socketpair()
    threads = []

    def start(target):
        listener = socket.create_server(("127.0.0.1", 0))
        threads.append(threading.Thread(target=_serve, args=(listener, target, stopped)))
        threads[-1].start()
        return listener.getsockname()

    yield start
    stop.close()
    for thread in threads:
        thread.join(5)


def _serve(listener, target, stopped):
    with selectors.DefaultSelector() as selector, listener:
        Relay(selector, listener, target)
        selector.register(stopped, selectors.EVENT_READ, None)
        while True:
            for key, events in selector.select():
                if key.data is None:
                    return
                key.data(events)


@contextlib.contextmanager
def server(handle):
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=lambda: handle(listener.accept()[0]))
    thread.start()
    yield listener.getsockname()
    thread.join(5)
    listener.close()


def read_all(end):
    data = b""
    while piece := end.recv(1 << 16):
        data += piece
    return data


def connect(address):
    return socket.create_connection(address, 5)


def test_bytes_pass_both_ways_and_the_end_of_one_side_is_passed_on(relay):
    def answer_after_the_end(end):
        with end:
            end.sendall(read_all(end)[::-1])

    with server(answer_after_the_end) as target, connect(relay(target)) as client:
        client.sendall(b"abc")
        client.shutdown(socket.SHUT_WR)

        assert read_all(client) == b"cba"


def test_a_large_answer_arrives_whole_though_the_reader_is_slow(relay):
    content = bytes(range(256)) * 40000

    def talk(end):
        with end:
            end.sendall(content)

    with server(talk) as target, connect(relay(target)) as client:
        time.sleep(0.05)  # let every buffer on the way fill up

        assert read_all(client) == content


def test_when_nobody_answers_the_connection_ends(relay):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        target = closed.getsockname()

    with connect(relay(target)) as client:
        assert client.recv(1) == b""


def test_one_that_goes_away_does_not_disturb_the_others(relay):
    def echo(end):
        with end:
            end.sendall(end.recv(10))

    with server(echo) as target:
        address = relay(target)
        with connect(address) as lost:
            lost.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            lost.sendall(b"x")

    with server(echo) as target, connect(relay(target)) as client:
        client.sendall(b"still here")

        assert client.recv(10) == b"still here"
