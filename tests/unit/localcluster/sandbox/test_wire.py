"""Packets between kubelet and spawner."""

import os
import socket

from localcluster.sandbox import wire


def test_a_message_arrives_with_its_descriptors_and_they_end_at_exec():
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    read, write = os.pipe()
    wire.send(here, {"do": "x", "id": 1}, [write])

    packet = wire.receive(there)

    assert packet is not None
    message, (copy,) = packet
    os.write(copy, b"!")
    assert message == {"do": "x", "id": 1}
    assert os.read(read, 1) == b"!"
    assert not os.get_inheritable(copy)
    for descriptor in (read, write, copy):
        os.close(descriptor)


def test_a_long_environment_fits():
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    wire.enlarge(here)
    message = {"env": {f"NAME_{number}": "v" * 100 for number in range(1000)}}

    wire.send(here, message)

    assert wire.receive(there) == (message, [])


def test_the_end_is_none():
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    here.close()

    assert wire.receive(there) is None
