"""Which plays `-t`, `--skip-tags` and `--start-at` leave."""

from __future__ import annotations

import argparse
import difflib

from runner.core.errors import InvalidInput, Mistake
from runner.playbook.plan import PlaybookPlan


def select(plan: PlaybookPlan, args: argparse.Namespace) -> frozenset[str]:
    """Names of the plays to run.

    Raises:
        InvalidInput: an unknown tag or play, or nothing is left: a run of no plays would prove nothing.

    """
    wanted, unwanted = _tags(args.tags), _tags(args.skip_tags)
    mistakes = _unknown(plan, wanted | unwanted, args.start_at)
    if mistakes:
        raise InvalidInput(mistakes)
    plays = list(plan.plays)
    names = [play.name for play in plays]
    plays = plays[names.index(args.start_at) :] if args.start_at else plays
    left = [play for play in plays if (not wanted or wanted & set(play.tags)) and not unwanted & set(play.tags)]
    if not left:
        raise InvalidInput([Mistake(None, f"{plan.path}: no play is left to run")])
    return frozenset(play.name for play in left)


def _tags(given: list[str]) -> set[str]:
    return {tag.strip() for text in given for tag in text.split(",") if tag.strip()}


def _unknown(plan: PlaybookPlan, tags: set[str], start: str | None) -> list[Mistake]:
    known = {tag for play in plan.plays for tag in play.tags}
    names = [play.name for play in plan.plays]
    mistakes = [Mistake(None, f"no play has the tag {tag}{_near(tag, known)}") for tag in sorted(tags - known)]
    if start and start not in names:
        mistakes.append(Mistake(None, f"--start-at: no play is named {start!r}{_near(start, names)}"))
    return mistakes


def _near(word: str, known: set[str] | list[str]) -> str:
    near = difflib.get_close_matches(word, sorted(known), 1)
    return f'; did you mean "{near[0]}"?' if near else ""
