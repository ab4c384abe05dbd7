"""Label selectors as people write them."""

import pytest
from pydantic import BaseModel, ValidationError

from runner.core.selectors import Selector, matches


class Holder(BaseModel):
    """As a step has it."""

    selector: Selector = ""


@pytest.mark.parametrize(
    "text", ["", "app=web", "app==web, tier!=db", "tier in (a, b),!canary", "example.org/x notin (y)", "app"]
)
def test_what_kubernetes_understands_is_sound(text):
    assert Holder(selector=text).selector == text


@pytest.mark.parametrize("text", ["a=b=c", "app=web,,", "tier in a,b", "app=(", "=web", "app: web"])
def test_what_it_does_not_understand_is_told_at_load(text):
    """The API would say 400 in the middle of a drill."""
    with pytest.raises(ValidationError, match="is no label selector; write app=web"):
        Holder(selector=text)


def test_all_of_a_selector_is_read_although_its_first_term_does_not_fit():
    with pytest.raises(ValueError, match="no label selector"):
        matches("app=web,,", {"app": "shop"})
