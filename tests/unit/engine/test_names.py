"""Names that a plan leaves to the run: a play's own variables, and those that an include gives."""

from dataclasses import replace

import pytest

from runner.playbook.plan import Deferred


@pytest.fixture
def say(make):
    """A step that says what a template gives at run time."""

    def say(text, **plan):
        return replace(make.step("do", plan=plan), step=None, args=Deferred({"word": text}, make.where))

    return say


def test_a_late_variable_is_rendered_when_a_step_needs_it(drill, make, say):
    own = {"greeting": Deferred("hello {{ run }}", make.where)}

    done = drill(make.play(say("{{ greeting }}"), make.step("look", green=True), variables=own))

    assert done.log[0] == "hello run-1"


def test_the_variables_of_an_include_win_for_its_steps_alone(drill, make, say):
    done = drill(
        make.play(
            say("{{ word }}", variables={"word": "inner", "late": Deferred("{{ word }}", make.where)}),
            say("{{ word }}"),
            say("{{ late }} {{ item }}", loop=["a"], when="word == 'inner'", variables={"word": "inner", "late": "x"}),
            make.step("look", green=True),
            variables={"word": "outer"},
        )
    )

    assert done.log[:3] == ["inner", "outer", "x a"]
