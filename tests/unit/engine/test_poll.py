"""The only retry loop: when it ends, and what it says."""

import anyio
import pytest

from runner.clock import run_virtually
from runner.core.verdict import Outcome, failed, passed
from runner.engine.poll import until


def script(*changes, start="red"):
    """A look that is red or green by the clock: `changes` are the seconds at which it flips."""

    async def look():
        flips = sum(anyio.current_time() >= change for change in changes)
        green = (flips % 2 == 1) if start == "red" else (flips % 2 == 0)
        return passed("green") if green else failed("red")

    return look


def run(look, within=None, hold=None, every=0.2):
    async def go():
        seen = []
        verdict = await until(look, within=within, hold=hold, every=every, changed=seen.append)
        return verdict, anyio.current_time(), seen

    return run_virtually(go())


def test_without_within_it_looks_once():
    """A check without a deadline does not wait for the system to come right."""
    verdict, at, _ = run(script(0.1))

    assert verdict.outcome is Outcome.FAILED
    assert at == 0


def test_it_ends_as_soon_as_it_is_right():
    """A five-minute deadline costs five minutes only when it is missed."""
    verdict, at, _ = run(script(1.0), within=300.0)

    assert verdict.passed
    assert at == pytest.approx(1.0)


def test_a_missed_deadline_says_how_long_it_waited():
    """The reason holds the last judgement and the time limit."""
    verdict, at, _ = run(script(), within=2.0)

    assert verdict.outcome is Outcome.FAILED
    assert verdict.reason == "not within 2s: red"
    assert at == pytest.approx(2.0, abs=0.01)


def test_it_looks_on_the_deadline_itself():
    """A state that came right just before the deadline is not missed because of a long pause."""
    verdict, _, _ = run(script(0.9), within=1.0, every=0.7)

    assert verdict.passed


def test_holding_starts_again_after_a_flap():
    """`for: 2s` means two seconds without a red look in between."""
    verdict, at, _ = run(script(1.0, 2.0, 3.0), within=10.0, hold=2.0)

    assert verdict.passed
    assert at == pytest.approx(5.0, abs=0.01)


def test_a_flap_after_the_deadline_is_red():
    """Time for holding is no second chance."""
    verdict, _, _ = run(script(0.5, 1.5), within=1.0, hold=2.0)

    assert verdict.outcome is Outcome.FAILED


def test_hold_alone_must_hold_from_now_on():
    """Without `within` a check that is red at first is red."""
    verdict, _, _ = run(script(0.5), hold=2.0)

    assert verdict.outcome is Outcome.FAILED


def test_only_changes_are_told():
    """Ten equal looks are one line in the log."""
    _, _, seen = run(script(1.0), within=5.0)

    assert [verdict.reason for verdict in seen] == ["red", "green"]
