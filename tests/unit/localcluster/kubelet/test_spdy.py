"""SPDY/3.1 frames."""

import struct
import zlib

import pytest

from localcluster.kubelet import spdy


def test_the_dictionary_is_the_specification_s():
    assert len(spdy.DICTIONARY) == 1423
    assert zlib.adler32(spdy.DICTIONARY) == 0xE3C6A7C2


def test_headers_survive_the_way_in_pieces():
    client, server = spdy.Spdy(), spdy.Spdy()
    first = client.open(1, {"streamtype": "error", "port": "80", "requestid": "0"})
    second = client.open(3, {"streamtype": "data", "port": "80", "requestid": "0"})
    received = []
    for byte in first + second:
        received += [(f.kind, f.stream, server.headers(f)) for f in server.feed(bytes([byte]))]

    assert received == [
        (spdy.SYN_STREAM, 1, {"streamtype": "error", "port": "80", "requestid": "0"}),
        (spdy.SYN_STREAM, 3, {"streamtype": "data", "port": "80", "requestid": "0"}),
    ]


def test_data_and_its_end_are_told_apart():
    frames = list(spdy.Spdy().feed(spdy.data(3, b"abc") + spdy.data(3, b"", last=True)))

    assert [(f.kind, f.stream, f.payload, f.last) for f in frames] == [(0, 3, b"abc", False), (0, 3, b"", True)]


def test_a_ping_is_a_control_frame():
    (frame,) = spdy.Spdy().feed(spdy.control(spdy.PING, struct.pack(">I", 7)))

    assert (frame.kind, frame.payload) == (spdy.PING, b"\0\0\0\7")


def test_another_protocol_is_refused():
    with pytest.raises(spdy.SpdyError, match="version 2 instead of 3"):
        list(spdy.Spdy().feed(struct.pack(">HHI", 0x8002, 1, 0)))
    with pytest.raises(spdy.SpdyError, match="damaged headers"):
        spdy.Spdy().headers(spdy.Frame(spdy.SYN_STREAM, 1, 0, b"\0" * 20))
