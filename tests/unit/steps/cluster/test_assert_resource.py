"""Any kind of object can be judged; Secrets keep their values to themselves."""

import json

import pytest
from pydantic import ValidationError

from runner.core.verdict import Outcome
from runner.steps.assert_resource import AssertResource
from runner.testing import FakeCluster, FakeContext, run_step


def shop() -> FakeContext:
    cluster = FakeCluster()
    cluster.add("PersistentVolumeClaim", "db-0", status={"phase": "Bound"})
    cluster.add("PersistentVolumeClaim", "db-1", status={"phase": "Pending"})
    cluster.add("Secret", "login", data={"password": "aHVudGVyMg=="})
    return FakeContext(cluster)


def claims(**settings) -> AssertResource:
    return AssertResource.model_validate({"kind": "PersistentVolumeClaim", **settings})


def test_each_object_must_satisfy_that():
    verdict, _ = run_step(claims(that="object.status.phase == 'Bound'"), shop())

    assert verdict.outcome is Outcome.FAILED
    assert verdict.reason == "db-1: object.status.phase == 'Bound' is false (object.status.phase is 'Pending')"


def test_one_object_by_name():
    verdict, seen = run_step(claims(name="db-0", that="object.status.phase == 'Bound'"), shop())

    assert verdict.reason == "1 PersistentVolumeClaim (db-0)"
    assert seen.data["items"][0]["status"]["phase"] == "Bound"


@pytest.mark.parametrize(("count", "outcome"), [(2, Outcome.PASSED), ({"min": 3}, Outcome.FAILED)])
def test_the_number_counts(count, outcome):
    assert run_step(claims(count=count), shop())[0].outcome is outcome


def test_none_is_failed_and_says_what_was_sought():
    verdict, _ = run_step(claims(name="db-7"), shop())

    assert verdict.outcome is Outcome.FAILED
    assert verdict.reason == "matched nothing: no PersistentVolumeClaim db-7 in namespace shop"


def test_absent_wants_none():
    assert run_step(claims(name="db-7", absent=True), shop())[0].outcome is Outcome.PASSED
    assert run_step(claims(name="db-0", absent=True), shop())[0].outcome is Outcome.FAILED


def test_the_value_of_a_secret_is_judged_but_never_shown():
    step = AssertResource.model_validate({"kind": "Secret", "name": "login", "that": "object.data.password == 'eA=='"})

    verdict, seen = run_step(step, shop())

    assert verdict.outcome is Outcome.FAILED
    assert "aHVudGVyMg==" not in verdict.reason + json.dumps(dict(seen.data))
    assert seen.data["items"][0]["data"] == {"password": "(hidden)"}


def test_absent_leaves_nothing_to_ask():
    with pytest.raises(ValidationError, match="absent wants no object"):
        claims(absent=True, count=1)


def test_its_own_word_is_not_its_field():
    step = claims(name="db-0")

    assert step.kind() == "assert-resource"
    assert step.model_dump(exclude_defaults=True) == {"kind": "PersistentVolumeClaim", "name": "db-0"}
