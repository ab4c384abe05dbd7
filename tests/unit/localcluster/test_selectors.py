import pytest

from localcluster.selectors import SelectorError, from_label_selector, parse, parse_fields


@pytest.mark.parametrize(
    ("selector", "labels", "expected"),
    [
        ("", {}, True),
        ("a=b", {"a": "b"}, True),
        ("a==b", {"a": "c"}, False),
        ("a!=b", {}, True),
        ("a!=b", {"a": "b"}, False),
        ("a in (b, c),d", {"a": "c", "d": ""}, True),
        ("a in (b,c)", {}, False),
        ("a notin (b,c)", {"a": "d"}, True),
        ("a notin (b,c)", {}, True),
        ("!a", {"a": ""}, False),
        ("!a,b", {"b": "1"}, True),
        ("example.org/a=b", {"example.org/a": "b"}, True),
        ("a=", {"a": ""}, True),
    ],
)
def test_a_label_selector_judges_as_upstream(selector, labels, expected):
    assert parse(selector).matches(labels) is expected


@pytest.mark.parametrize("text", ["a in b", "a=b=c", "=b", "a notin"])
def test_a_selector_that_cannot_be_read_is_refused(text):
    with pytest.raises(SelectorError):
        parse(text)


def test_a_field_selector_knows_no_sets():
    with pytest.raises(SelectorError):
        parse_fields("metadata.name in (a,b)")


def test_a_label_selector_object_joins_both_of_its_parts():
    selector = from_label_selector(
        {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["db"]}]}
    )

    assert selector.matches({"app": "web", "tier": "front"})
    assert not selector.matches({"app": "web", "tier": "db"})
