"""Bytes of netlink messages."""

import struct

from localcluster.network import netlink


def test_an_attribute_tells_its_length_and_is_padded_to_four():
    assert netlink.attribute(3, b"abcde") == struct.pack("=HH", 9, 3) + b"abcde\0\0\0"


def test_text_ends_with_a_zero():
    assert netlink.attribute(1, "nat") == struct.pack("=HH", 8, 1) + b"nat\0"


def test_a_nested_attribute_holds_others_and_is_marked():
    inner = netlink.attribute(1, b"abcd")

    assert netlink.nest(2, inner, inner) == struct.pack("=HH", 20, 2 | 0x8000) + inner + inner


def test_what_was_packed_can_be_parsed():
    messages = [netlink.Message(16, netlink.CREATE, b"12345678"), netlink.Message(17, 0, b"12")]
    data = b"".join(message.pack(7 + number) for number, message in enumerate(messages))

    assert list(netlink.parse(data)) == [(16, 7, b"12345678"), (17, 8, b"12")]
