"""Steps that touch no cluster: assert, command, set-vars, debug."""

import asyncio

import pytest
from pydantic import ValidationError

from runner.core.verdict import Outcome
from runner.steps.assert_ import Assert
from runner.steps.command import Command
from runner.steps.debug import Debug
from runner.steps.set_vars import SetVars
from runner.testing import FakeContext, perform, run_step


def run_really(step):
    """Programs do not live in virtual time."""
    return asyncio.run(perform(step, FakeContext()))


def test_every_expression_must_be_true():
    ctx = FakeContext(variables={"before": 3, "after": 5})

    assert run_step(Assert(that=["after > before", "before == 3"]), ctx)[0].outcome is Outcome.PASSED
    verdict, _ = run_step(Assert(that=["after == before"], message="nothing may grow"), ctx)
    assert verdict.reason == "nothing may grow: after == before is false (after is 5, before is 3)"


def test_an_undefined_name_does_not_hold():
    verdict, _ = run_step(Assert(that="nobody.knows == 1"), FakeContext())

    assert verdict.outcome is Outcome.FAILED
    assert "nobody" in verdict.reason


def test_no_expression_is_bad_input():
    with pytest.raises(ValidationError):
        Assert(that=[])


def test_a_program_is_judged_by_its_code():
    def run(code: int):
        return run_really(Command(argv=f"echo said; exit {code}"))

    assert run(0)[0].outcome is Outcome.PASSED
    assert run(3)[0].reason == "sh ended with code 3, not 0: said"


def test_its_output_can_be_asked():
    verdict, seen = run_really(Command(argv="echo hello", that="object.stdout == 'hello'"))

    assert verdict.outcome is Outcome.PASSED
    assert seen.data["stdout"] == "hello"


def test_a_program_that_is_not_there_says_nothing_about_the_system():
    verdict, _ = run_step(Command(argv=["no-such-program"]), FakeContext())

    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.reason == "no-such-program: no such file or directory"


def test_a_program_that_hangs_says_nothing_about_the_system():
    verdict, _ = run_step(Command(argv=["sleep", "5"], timeout="50ms"), FakeContext())

    assert verdict.reason == "sleep: did not end within 0.05 s"


def test_variables_are_set_as_they_are():
    ctx = FakeContext()

    run_step(SetVars(leader="db-0", numbers=[1, 2]), ctx)

    assert ctx.variables == {"leader": "db-0", "numbers": [1, 2]}


def test_debug_shows_a_value_or_that_there_is_none():
    ctx = FakeContext(variables={"x": {"a": 1}})

    assert run_step(Debug(var="x.a"), ctx)[0].reason == "x.a = 1"
    assert run_step(Debug(var="y"), ctx)[0].outcome is Outcome.PASSED
