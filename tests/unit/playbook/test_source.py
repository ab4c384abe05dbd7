import pytest

from runner.playbook.source import line_of, parse, read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("", None),
        ("~", None),
        ("'~'", "~"),
        ("012", "012"),
        ("0", 0),
        ("-7", -7),
        ("0x1f", 31),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1.2.3", "1.2.3"),
        ("-", "-"),
        ("+", "+"),
        (".", "."),
        ("!!str 5", "5"),
        ('"5"', "5"),
        ("|\n  a\n  b\n", "a\nb\n"),
    ],
)
def test_a_scalar_has_the_type_of_yaml_1_2(text, value):
    page = parse("f", f"a: {text}" if text != "-" else "a: '-'")

    assert page.mistakes == []
    assert page.value == {"a": value}
    assert type(page.value["a"]) is type(value)


def test_every_key_and_item_knows_its_line():
    page = parse("f", "a:\n  - b\n  - c: 1\n    d: 2\n")

    assert line_of(page.value, ("a", 0), 0) == 2
    assert line_of(page.value, ("a", 1, "d"), 0) == 4
    assert line_of(page.value, ("a", 1, "none"), 0) == 3
    assert line_of(page.value, ("none",), 7) == 7


def test_merge_keys_fill_what_is_not_there():
    page = parse("f", "base: &base {a: 1, b: 2}\nuse: {<<: *base, b: 3}\n")

    assert page.value["use"] == {"a": 1, "b": 3}
    assert line_of(page.value, ("use", "a"), 0) == 1


def test_a_bomb_of_aliases_is_refused():
    bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
    bomb += "".join(f"a{i}: &a{i} [{','.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10))

    assert "aliases counted out" in str(parse("f", bomb).mistakes[0])


def test_a_bomb_of_brackets_is_refused():
    assert "nested deeper" in str(parse("f", "[" * 5000).mistakes[0])


def test_a_second_document_is_a_mistake():
    assert str(parse("f", "a: 1\n---\nb: 2\n").mistakes[0]) == "f:2: a second YAML document; one file holds one"


def test_bytes_that_are_no_text_are_told_with_their_line(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"a: 1\nb: \xff\n")

    page, _ = read("x.yaml", str(tmp_path / "x.yaml"))

    assert [str(one) for one in page.mistakes] == ["x.yaml:2: is no UTF-8 text"]


def test_a_file_that_is_not_there_is_a_mistake():
    assert "cannot be read" in str(read("x.yaml", "/nowhere/x.yaml")[0].mistakes[0])


def test_control_characters_are_told_with_their_line():
    assert str(parse("f", "a: 1\nb: '\x01'\n").mistakes[0]).startswith("f:2: YAML: ")
