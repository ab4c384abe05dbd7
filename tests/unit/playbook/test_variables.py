import pytest

from runner.core.context import ExpressionError
from runner.core.errors import Where
from runner.playbook.expressions import Ref, expression, template
from runner.playbook.plan import Deferred
from runner.playbook.variables import evaluate, refs, render

NAMES = {"x": {"items": [1, 2], "n": None}, "pods": [{"name": "a"}, {"name": "b"}], "text": "5", "n": 5}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ x.items }}", [1, 2]),
        ("{{ x['items'][0] }}", 1),
        ("{{ pods[1].name }}", "b"),
        ("{{ text }}", "5"),
        ("{{ n }}", 5),
        ("{{ n }}{{ n }}", "55"),
        ("a {{ n }} b", "a 5 b"),
        ("{{ pods | map(attribute='name') }}", ["a", "b"]),
        ("{{ pods | selectattr('name', 'eq', 'c') }}", []),
        ("{{ pods[0].items() | list }}", [("name", "a")]),
        ("{{ pods[0].get('none', 3) }}", 3),
        ("{{ x.foo | default('d') }}", "d"),
        ("{{ '250m' | quantity }}", 0.25),
        ("{{ '2Gi' | quantity }}", 2147483648.0),
        ("{{ '1m30s' | seconds }}", 90.0),
        ("{{ 'role:master' | regex_search('role:(\\\\w+)') }}", "master"),
        ("{{ '{\"a\": 1}' | from_json }}", {"a": 1}),
        ("{{ 'c2hvcA==' | b64decode }}", "shop"),
        ("{% for pod in pods %}{{ pod.name }}{% endfor %}", "ab"),
        ("no template", "no template"),
        ({"a": ["{{ n }}", {"b": "{{ text }}"}]}, {"a": [5, {"b": "5"}]}),
        (Deferred("{{ n }}", Where("f", 1)), 5),
        ("line\n{{ n }}\n", "line\n5\n"),
    ],
)
def test_a_template_gives_its_value_with_its_type(text, value):
    assert render(text, NAMES) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ nobody }}", "nobody is undefined"),
        ("{{ pods[0].nmae }}", "pods[0].nmae is undefined; pods[0] has name"),
        ("{{ pods[7].name }}", "pods[7] is undefined; pods is a list of 2"),
        ("{{ pods[0].keys }}", "pods[0].keys is undefined; pods[0] has name"),
        ("{{ [x.foo] }}", "x.foo is undefined; x has items, n"),
        ("{{ n.foo }}", "n.foo is undefined; n is int"),
        ("{{ 'a' + 1 }}", "can only concatenate str"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{{ pods.append(3) }}", "append"),
        ("{{ ''.__class__ }}", "__class__"),
        ("{{ x.pop('n') }}", "pop is undefined"),
    ],
)
def test_what_cannot_be_rendered_says_why(text, said):
    with pytest.raises(ExpressionError) as raised:
        render(text, NAMES)

    assert said in str(raised.value)


def test_an_expression_sees_the_names_of_its_place():
    assert evaluate("object.name != pods[0].name", NAMES, object={"name": "b"}) is True


def test_a_key_hides_the_method_of_its_name():
    """A missing key must not be taken for a method, which is always true."""
    with pytest.raises(ExpressionError):
        evaluate("object.values", {}, object={"a": 1})


def test_an_empty_filter_result_is_false():
    """A generator would be true even when it gives nothing."""
    assert not evaluate("pods | selectattr('name', 'eq', 'c')", NAMES)


def test_variables_that_wait_are_rendered_when_they_are_needed():
    late = {"a": Deferred("{{ b }}!", Where("f", 1)), "b": Deferred("{{ n }}", Where("f", 2)), "n": 1}

    assert render("{{ a }}", late) == "1!"


def test_late_variables_in_a_circle_end_in_an_error():
    with pytest.raises(ExpressionError, match="circle"):
        render("{{ a }}", {"a": Deferred("{{ a }}", Where("f", 1))})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b[0].c == d", [Ref("a", ("b", 0, "c")), Ref("d")]),
        ("a.b.startswith('x')", [Ref("a", ("b",))]),
        ("a[b].c", [Ref("a"), Ref("b")]),
        ("a is defined and a.b", [Ref("a", (), maybe=True)]),
        ("a.b is defined and a.b.c", [Ref("a")]),
        ("a.b | default(c)", [Ref("a"), Ref("c")]),
        ("range(3) | list", []),
        ("(a | default([])).b", [Ref("a", (), maybe=True)]),
    ],
)
def test_what_an_expression_needs_is_known_without_running_it(text, expected):
    assert sorted(set(expression(text).refs), key=str) == sorted(expected, key=str)


def test_loop_variables_of_a_template_come_from_inside():
    assert template("{% for p in pods %}{{ p.name }}{{ loop.index }}{% endfor %}").refs == (Ref("pods"),)


def test_the_needs_of_a_deep_value_are_all_found():
    assert refs({"a": ["{{ b.c }}"], "d": Deferred("{{ e }}", Where("f", 1))}) == [Ref("b", ("c",)), Ref("e")]
