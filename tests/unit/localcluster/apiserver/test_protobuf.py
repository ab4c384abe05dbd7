import pytest

from localcluster.apiserver import protobuf
from localcluster.apiserver.protobuf_tables import MESSAGES
from localcluster.client import ApiError


def _varint(value):
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def _field(number, value):
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(raw)) + raw


def _body(api_version, kind, raw):
    return b"k8s\x00" + _field(1, _field(1, api_version) + _field(2, kind)) + _field(2, raw)


def _meta(name, **labels):
    pairs = b"".join(_field(11, _field(1, key) + _field(2, value)) for key, value in labels.items())
    return _field(1, _field(1, name) + pairs + _field(8, b""))


def test_maps_and_bytes_are_read():
    raw = _meta("s", app="web") + _field(2, _field(1, "key") + _field(2, b"value")) + _field(3, "Opaque")

    assert protobuf.decode(_body("v1", "Secret", raw)) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "labels": {"app": "web"}},
        "data": {"key": "dmFsdWU="},
        "type": "Opaque",
    }


def test_a_zero_that_was_given_is_kept_and_one_that_was_not_is_dropped():
    """`kubectl create deployment --replicas=0` means it; minReadySeconds is written although nobody said it."""
    raw = _meta("web") + _field(2, _field(1, 0) + _field(5, 0))

    assert protobuf.decode(_body("apps/v1", "Deployment", raw))["spec"] == {"replicas": 0}


def test_a_port_may_be_a_number_or_a_name():
    def budget(value):
        return protobuf.decode(_body("policy/v1", "PodDisruptionBudget", _meta("p") + _field(2, _field(1, value))))

    number = budget(_field(1, 0) + _field(2, 1))
    text = budget(_field(1, 1) + _field(3, "50%"))

    assert number["spec"]["minAvailable"] == 1
    assert text["spec"]["minAvailable"] == "50%"


def test_quantities_are_read():
    hard = _field(1, _field(1, "pods") + _field(2, _field(1, "3")))

    quota = protobuf.decode(_body("v1", "ResourceQuota", _meta("q") + _field(2, hard)))

    assert quota["spec"]["hard"] == {"pods": "3"}


@pytest.mark.parametrize("body", [b"{}", b"k8s\x00\xff", _body("v1", "Secret", b"\x0a\x7fshort")])
def test_a_broken_body_is_refused(body):
    with pytest.raises(ApiError) as caught:
        protobuf.decode(body)

    assert caught.value.code == 400


def test_a_kind_without_a_table_is_refused_by_name():
    with pytest.raises(ApiError, match=r"example\.org/v1 Thing"):
        protobuf.decode(_body("example.org/v1", "Thing", b""))


def test_every_message_that_a_table_names_has_a_table():
    kinds = {kind.lstrip("[{").rstrip("?") for table in MESSAGES.values() for _, kind in table.values()}

    assert kinds - MESSAGES.keys() - {"string", "bytes", "bool", "int"} == protobuf._SPECIAL.keys() & kinds
