"""Expressions of packet filter rules as bytes."""

import struct

import pytest

from localcluster.network import nft


def names(expressions: bytes) -> list[str]:
    """List the expressions of a rule by name."""
    found = []
    while expressions:
        length, _ = struct.unpack_from("=HH", expressions)
        (name_length,) = struct.unpack_from("=H", expressions, 4)
        found.append(expressions[8 : 4 + name_length - 1].decode())
        expressions = expressions[(length + 3) & ~3 :]
    return found


def test_a_single_address_is_compared_as_it_is():
    assert names(nft.source("10.244.1.2/32")) == ["payload", "cmp"]


def test_a_network_is_masked_first():
    assert names(nft.destination("10.244.0.0/16")) == ["payload", "bitwise", "cmp"]


def test_source_and_destination_lie_at_their_offsets():
    assert struct.pack(">I", 12) in nft.source("10.0.0.1")
    assert struct.pack(">I", 16) in nft.destination("10.0.0.1")


def test_a_range_of_ports_is_compared_at_both_ends():
    assert names(nft.port(80)) == names(nft.port(80, 80)) == ["payload", "cmp"]
    assert names(nft.port(80, 90)) == ["payload", "cmp", "cmp"]


def test_the_bytes_of_a_comparison_are_those_of_the_kernel_s_header():
    """Written out by hand: NFTA_LIST_ELEM { NFTA_EXPR_NAME, NFTA_EXPR_DATA { ... } }."""
    meta = "24000180 09000100 6d657461 00000000 14000280 08000100 00000001 08000200 00000010"
    compare = "2c000180 08000100 636d7000 20000280 08000100 00000001 08000200 00000000 0c000380 05000100 06000000"

    assert nft.protocol(nft.TCP) == bytes.fromhex(meta + compare)


def test_translation_loads_address_and_port_into_two_registers():
    assert names(nft.translate_destination("10.244.1.2", 80)) == ["immediate", "immediate", "nat"]


def test_a_batch_begins_with_a_table_that_is_surely_there_and_then_empty():
    batch = nft.Batch("t")
    batch.begin_anew()

    assert [message.kind & 0xFF for message in batch.messages] == [0, 2, 0]


def test_a_set_without_members_is_a_set():
    batch = nft.Batch("t")
    batch.addresses("none", [])

    assert [message.kind & 0xFF for message in batch.messages] == [9]


def test_many_members_are_split_into_messages_that_fit():
    batch = nft.Batch("t")
    batch.addresses("many", [f"10.244.{number // 256}.{number % 256}" for number in range(1200)])

    assert [message.kind & 0xFF for message in batch.messages] == [9, 12, 12, 12]
    assert max(len(message.body) for message in batch.messages) < 65536


@pytest.mark.parametrize("name", ["not an address", "10.0.0.0.0", "10.0.0.1/8"])
def test_what_is_no_network_is_refused_before_the_kernel_sees_it(name):
    with pytest.raises(ValueError, match=name.split("/", maxsplit=1)[0]):
        nft.source(name)
