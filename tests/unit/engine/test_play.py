"""The life of a play: what runs, in which order, and who is to blame."""

import anyio
import pytest

from runner.core.verdict import Outcome
from runner.playbook.plan import Deferred, Inventory, ParallelPlan, TargetSpec


def outcome(done, number=0):
    return done.summary.plays[number].outcome


def test_a_green_play_passes(drill, make):
    """Something was judged, and it was right."""
    done = drill(make.play(make.step("do"), make.step("look", green=True)))

    assert done.summary.line == "1/1 PASSED"
    assert done.summary.exit_code == 0


def test_a_play_that_judges_nothing_is_unknown(drill, make):
    """Actions that went well prove nothing about the system."""
    done = drill(make.play(make.step("do")))

    assert outcome(done) is Outcome.UNKNOWN
    assert done.summary.exit_code == 3
    assert done.summary.plays[0].reason == "nothing was judged"


def test_the_first_red_step_skips_the_rest(drill, make):
    """What follows a red step would be judged on sand."""
    done = drill(make.play(make.step("look", green=False), make.step("do", word="later")))

    assert outcome(done) is Outcome.FAILED
    assert "later" not in done.log
    assert done.summary.exit_code == 1


def test_an_error_of_ours_is_unknown(drill, make):
    """A crash of the runner says nothing about the system."""
    done = drill(make.play(make.step("do", error="boom"), make.step("look", green=True)))

    assert outcome(done) is Outcome.UNKNOWN
    assert "boom" in done.summary.plays[0].reason


def test_a_fault_without_proof_is_unknown_although_all_is_green(drill, make, world):
    """A fault that did not take effect can never look like a passed drill."""
    world.proof = False
    done = drill(make.play(make.step("break"), make.step("look", green=True)))

    assert outcome(done) is Outcome.UNKNOWN
    assert "no proof that the fault took effect" in done.summary.plays[0].reason


def test_undo_is_run_last_in_first_out_and_recorded(drill, make):
    """The way back is gone in reverse, and the journal owes nothing afterwards."""
    done = drill(make.play(make.step("break", undo="a"), make.step("break", undo="b"), make.step("look", green=True)))

    assert [word for word in done.log if word in "ab"] == ["b", "a"]
    assert outcome(done) is Outcome.PASSED
    assert done.summary.unmended == ()


def test_the_way_back_is_on_disk_before_the_blow(drill, make):
    """The journal's line comes before the fault's effect in the order of events."""
    done = drill(make.play(make.step("break"), make.step("look", green=True)))
    types = [event["type"] for event in done.events]

    assert types.index("undo-owed") < types.index("struck")
    assert '"undo": {"mend": {' in (done.logs / "journal.jsonl").read_text().replace('"mend": {}', '"mend": {')


def test_undo_runs_after_a_failure(drill, make, world):
    """A red drill leaves no damage behind."""
    drill(make.play(make.step("break"), make.step("look")))

    assert not world.broken


def test_what_cannot_be_undone_is_exit_code_4(drill, make):
    """Damage that stays is worse than a red check, and says how to go on."""
    done = drill(make.play(make.step("break", mends=False), make.step("look", green=True)))

    assert done.summary.exit_code == 4
    assert outcome(done) is Outcome.UNKNOWN


def test_a_system_that_is_not_healed_fails_the_play(drill, make, world):
    """Green steps do not help when the system stays ill after the undo."""
    world.heals = False
    play = make.play(make.step("break"), make.step("look", green=True), healed_within=5.0)
    done = drill(play, healthy=[make.step("look", name="whole")])

    assert outcome(done) is Outcome.FAILED
    assert done.summary.plays[0].reason == "not healed: whole: the world is broken"


def test_a_fault_never_strikes_a_system_that_is_not_healthy(drill, make, world):
    """Otherwise the drill would blame the fault for what was broken before."""
    world.broken = True
    done = drill(make.play(make.step("break"), make.step("look", green=True)), healthy=[make.step("look")])

    assert outcome(done) is Outcome.UNKNOWN
    assert done.summary.plays[0].reason.startswith("not healthy at start")
    assert not done.of("struck")


def test_a_play_without_fault_judges_an_ill_system_all_the_same(drill, make, world):
    """Only faults need a healthy start."""
    world.broken = True
    done = drill(make.play(make.step("look", green=True)), healthy=[make.step("look")])

    assert outcome(done) is Outcome.PASSED


def test_a_blow_waits_until_the_load_is_at_work(drill, make):
    """A fault that strikes before the load writes would measure nothing."""
    done = drill(make.play(make.step("beside", ready_after=2.0), make.step("break"), make.step("look", green=True)))

    assert "broke at 2.0" in done.log
    assert outcome(done) is Outcome.PASSED


def test_a_load_that_never_works_makes_the_play_unknown(drill, make):
    """The gate is not passed, so the fault does not strike."""
    done = drill(make.play(make.step("beside", ready_after=999.0), make.step("break"), make.step("look", green=True)))

    assert outcome(done) is Outcome.UNKNOWN
    assert not done.of("struck")


def test_a_red_load_fails_the_play(drill, make):
    """What the load counted is judged at the end."""
    done = drill(make.play(make.step("beside", green=False), make.step("look", green=True)))

    assert outcome(done) is Outcome.FAILED
    assert "3 lost" in done.summary.plays[0].reason


def test_figures_of_a_load_reach_the_play(drill, make):
    """Reports show the numbers beside the verdict."""
    done = drill(make.play(make.step("beside"), make.step("do", seconds=3.0), make.step("look", green=True)))

    assert done.of("play-finished")[0]["numbers"]["rto"] >= 3.0


def test_evidence_is_collected_before_the_undo(drill, make):
    """`on_failure` sees the system as it failed; `always` runs in any case."""
    done = drill(
        make.play(
            make.step("break"),
            make.step("look"),
            on_failure=(make.step("do", word="logs"),),
            always=(make.step("do", word="always"),),
        )
    )

    assert [word for word in done.log if word in ("logs", "always", "mended")] == ["logs", "always", "mended"]


def test_what_always_could_not_do_is_no_green(drill, make):
    """Test data left behind would make the second run differ from the first."""
    done = drill(make.play(make.step("look", green=True), always=(make.step("do", error="still there"),)))

    assert outcome(done) is Outcome.UNKNOWN
    assert done.summary.plays[0].reason == "always: do: play.yaml:1: RuntimeError: still there"


def test_a_step_that_when_takes_away_skips_the_play(drill, make):
    """A drill whose fault was left out has proven nothing, and says so."""
    done = drill(make.play(make.step("break", plan={"when": "false"}), make.step("look", green=True)))

    assert outcome(done) is Outcome.SKIPPED
    assert done.summary.line == "0/1 PASSED, 1 SKIPPED"
    assert done.summary.exit_code == 3


def test_an_action_that_when_takes_away_does_not_matter(drill, make):
    """Only a fault or the judgement is missed."""
    done = drill(make.play(make.step("do", plan={"when": "false"}), make.step("look", green=True)))

    assert outcome(done) is Outcome.PASSED


def test_a_missing_capability_skips_and_a_required_one_fails(drill, make):
    """What a target cannot do is counted, never passed."""
    spec = {"shop": TargetSpec("shop", "nowhere", {}, make.where)}
    needing = make.play(make.step("look", green=True), needs=("metrics",))

    assert outcome(drill(needing)) is Outcome.SKIPPED
    required = Inventory("inv", "inv.yaml", "local", spec, require=frozenset({"metrics"}))
    assert outcome(drill(needing, inventory=required)) is Outcome.FAILED


def test_branches_strike_together(drill, make):
    """The quick branch waits for the slow one before its blow."""
    slow = (make.step("do", word="slow", seconds=3.0), make.step("break"))
    quick = (make.step("break"),)
    node = ParallelPlan("both", make.where, (slow, quick))
    done = drill(make.play(node, make.step("look", green=True)))

    assert [word for word in done.log if word.startswith("broke")] == ["broke at 3.0", "broke at 3.0"]


def test_a_red_branch_does_not_cancel_the_other(drill, make):
    """The join takes the worst verdict, after both have ended."""
    node = ParallelPlan(
        "both", make.where, ((make.step("look", green=False),), (make.step("do", word="b", seconds=1.0),))
    )
    done = drill(make.play(node))

    assert "b" in done.log
    assert outcome(done) is Outcome.FAILED


def test_setup_that_fails_runs_no_play(drill, make):
    """Nothing is proven: `0/1 PASSED, 1 UNKNOWN`, exit 3."""
    done = drill(make.play(make.step("look", green=True)), setup=[make.step("do", error="no")])

    assert done.summary.line == "0/1 PASSED, 1 UNKNOWN"
    assert done.summary.exit_code == 3


def test_an_interrupt_mends_and_exits_130(drill, make, world):
    """Ctrl-C in the middle of a fault leaves nothing broken."""

    async def ctrl_c(run):
        await anyio.sleep(5.0)
        run.interrupt.strike("SIGINT")

    play = make.play(make.step("break"), make.step("do", seconds=60.0), make.step("look", green=True))
    done = drill(play, make.play(make.step("look", green=True), name="next"), beside=ctrl_c)

    assert not world.broken
    assert done.summary.exit_code == 130
    assert [play.outcome for play in done.summary.plays] == [Outcome.UNKNOWN, Outcome.UNKNOWN]


def test_a_second_interrupt_leaves_out_the_evidence_but_not_the_undo(drill, make, world):
    """Whoever presses twice is in a hurry; what is broken is mended all the same."""

    async def twice(run):
        await anyio.sleep(5.0)
        run.interrupt.strike("SIGINT")
        await anyio.sleep(1.0)
        run.interrupt.strike("SIGINT")

    play = make.play(
        make.step("break"), make.step("do", seconds=60.0), on_failure=(make.step("do", word="slow", seconds=500.0),)
    )
    done = drill(play, beside=twice)

    assert not world.broken
    assert done.events[-1]["elapsed"] < 10


def test_the_time_limit_ends_the_run_as_unknown(drill, make, world):
    """`--timeout` mends as Ctrl-C does, but is exit 3."""
    done = drill(make.play(make.step("break"), make.step("do", seconds=60.0)), timeout=10.0)

    assert not world.broken
    assert done.summary.exit_code == 3


def test_missing_proof_outweighs_a_red_load(drill, make, world):
    """What a blow that nobody felt did to the load says nothing about the system."""
    world.proof = False
    done = drill(make.play(make.step("beside", green=False), make.step("break")))

    assert outcome(done) is Outcome.UNKNOWN


def test_a_load_that_broke_proves_nothing_whatever_else_is_red(drill, make):
    """Lost writes were not counted, so the play is UNKNOWN, with the load's own reason."""
    done = drill(make.play(make.step("beside", error="no disk"), make.step("look", green=False)))

    assert outcome(done) is Outcome.UNKNOWN
    assert "no disk" in done.summary.plays[0].reason


def test_after_an_interrupt_no_further_play_begins(drill, make):
    """Whoever pressed Ctrl-C does not want the next fault."""

    async def ctrl_c(run):
        await anyio.sleep(1.0)
        run.interrupt.strike("SIGTERM")

    slow = make.play(make.step("do", seconds=60.0), make.step("look", green=True))
    done = drill(slow, make.play(make.step("look", green=True), name="next"), beside=ctrl_c)

    assert [event["play"] for event in done.of("play-started")] == ["play"]


def test_an_undo_is_not_cancelled_by_an_interrupt(drill, make, world):
    """Ctrl-C while it mends: it goes on mending."""

    async def late(run):
        await anyio.sleep(1.0)
        run.interrupt.strike("SIGINT")
        run.interrupt.strike("SIGINT")

    play = make.play(make.step("break", undo_seconds=5.0), make.step("look", green=True))
    done = drill(play, beside=late)

    assert not world.broken
    assert done.summary.unmended == ()


def test_times_may_come_from_variables(drill, make):
    """`within: "{{ patience }}"` is rendered when the step runs."""
    late = Deferred("{{ patience }}", make.where)
    wait = make.step("look", green=True, after=4.0, plan={"within": late})
    done = drill(make.play(wait, variables={"patience": "5s"}))

    assert outcome(done) is Outcome.PASSED
    assert outcome(drill(make.play(wait, variables={"patience": "3s"}))) is Outcome.FAILED


def test_an_undo_runs_to_its_end_when_the_runner_itself_falls(drill, make, world):
    """A crash of the engine beside the play cancels everything but the mending."""

    async def crash(run):
        await anyio.sleep(1.0)
        raise RuntimeError("engine broke")

    play = make.play(make.step("break", undo_seconds=5.0), make.step("do", seconds=60.0))
    with pytest.raises(ExceptionGroup):
        drill(play, beside=crash)

    assert not world.broken
