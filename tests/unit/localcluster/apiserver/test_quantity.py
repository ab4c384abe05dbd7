from decimal import Decimal

import pytest

from localcluster.apiserver import quantity


@pytest.mark.parametrize(
    ("text", "spelled"),
    [
        ("1000m", "1"),
        ("0.5", "500m"),
        ("1", "1"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("1000Mi", "1000Mi"),
        ("2048Ki", "2Mi"),
        ("1e3", "1k"),
        ("1500M", "1500M"),
        ("0", "0"),
        ("100n", "100n"),
    ],
)
def test_a_quantity_is_spelled_as_upstream_does(text, spelled):
    assert quantity.canonical(text) == spelled


@pytest.mark.parametrize("text", ["", "abc", "1gi", "1 Gi", "--1", "1KiB"])
def test_nonsense_is_no_quantity(text):
    with pytest.raises(ValueError, match="quantity"):
        quantity.parse(text)


def test_amounts_are_exact():
    assert quantity.parse("100m") * 3 == Decimal("0.3")
