import pytest

from runner.core.errors import InvalidInput
from runner.playbook.load import step_from_journal, to_playbook
from runner.playbook.variables import render


def again(step, kinds):
    ((kind, args),) = to_playbook(step).items()
    return step_from_journal(kind, render(args, {"secrets": {}}), kinds)


@pytest.mark.parametrize(
    ("kind", "args"),
    [
        ("scale", {"deployment": "web", "replicas": 3}),
        ("scale", {"deployment": "web", "replicas": 0, "note": "{{ .Name }} {% raw %} {# x"}),
        ("kill-pod", {"selector": "a", "grace": "250ms"}),
        ("assert", {"that": ["a == 1"]}),
        ("sql-ledger", {"database": "shop", "budget": {"rto": "30s"}}),
        ("set-vars", {"x": 1, "y": ["{{ z }}"]}),
    ],
)
def test_a_stored_step_is_the_same_step_again(kinds, kind, args):
    step = kinds(kind).model_validate(args)

    assert again(step, kinds) == step


def test_defaults_are_left_out_and_durations_have_units(kinds):
    step = kinds("kill-pod").model_validate({"selector": "a", "grace": "2s"})

    assert to_playbook(step) == {"kill-pod": {"selector": "a", "grace": "2s"}}


def test_a_stored_step_that_is_wrong_says_all_that_is(kinds):
    with pytest.raises(InvalidInput) as raised:
        step_from_journal("scale", {"deployment": 5, "replicsa": 1}, kinds)

    assert len(raised.value.mistakes) == 3


def test_a_kind_that_is_gone_is_named(kinds):
    with pytest.raises(InvalidInput, match='scal: unknown step kind; did you mean "scale"'):
        step_from_journal("scal", {}, kinds)
