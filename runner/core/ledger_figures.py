"""The figures that every ledger reports, and their judgement: what was acknowledged must be there, once."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field

from runner.core.figures import Budget, Figures, describe, figures, judge, one_verdict
from runner.core.ledger import Account, Write, reconcile
from runner.core.record import Record
from runner.core.verdict import Verdict, failed, unknown

# Enough to find them in the database's log; a lost timeline has thousands.
_WRONG_SHOWN = 20


class LedgerBudget(Budget):
    """A load's budget, and how many writes may be wrong: none, unless told."""

    lost: int = Field(default=0, ge=0, description="Acknowledged writes that may be gone.")
    duplicated: int = Field(default=0, ge=0, description="Copies too many.")
    phantom: int = Field(default=0, ge=0, description="Rows that nobody sent, or that the server had refused.")
    unknown: int | None = Field(default=None, ge=0, description="Writes at most whose answer never came.")


class WrongWrite(BaseModel):
    """A write that is not as it must be; `sent` in seconds after the first blow (after the start without one)."""

    id: str
    what: str
    seq: int | None
    sent: float | None


class LedgerFigures(Figures):
    """What a ledger counted, beside the figures of every load."""

    unread: str = ""
    """Why the rows could not be read back; empty when they were."""
    acknowledged: int = 0
    kept: int = 0
    lost: int = 0
    duplicated: int = 0
    phantom: int = 0
    unknown: int = 0
    unknown_present: int = 0
    """Unknown writes that were found to be there."""
    unknown_absent: int = 0
    wrong: list[WrongWrite] = Field(default_factory=list)


def ledger_figures(
    record: Record, writes: Sequence[Write], found: Sequence[str] | None, blows: Sequence[float], unread: str = ""
) -> dict[str, object]:
    """All fields of `LedgerFigures`; `found` is None when the rows could not be read back, and `unread` says why."""
    counted = figures(record, blows)
    if found is None:
        acknowledged = reconcile(writes, ()).acknowledged
        return {**counted, "acknowledged": acknowledged, "unread": unread or "nobody read the rows back"}
    account = reconcile(writes, found)
    start = min(blows, default=writes[0].sent_at if writes else 0.0)
    return {
        **counted,
        "acknowledged": account.acknowledged,
        "kept": account.kept,
        "lost": len(account.lost),
        "duplicated": len(account.duplicated),
        "phantom": len(account.phantom),
        "unknown": account.unknown,
        "unknown_present": account.unknown_present,
        "unknown_absent": account.unknown_absent,
        "wrong": _wrong(account, writes, start),
    }


def judge_ledger(seen: LedgerFigures, budget: LedgerBudget) -> Verdict:
    """Lost writes are a finding whatever else could not be measured; the rest as for every load."""
    verdicts = judge(seen, budget)
    if not seen.problem:
        verdicts = [*_account(seen, budget), *verdicts]
    return one_verdict(verdicts, describe_ledger(seen))


def describe_ledger(seen: LedgerFigures) -> str:
    """The measured figures as one line."""
    there = f", {seen.unknown} unknown ({seen.unknown_present} of them there)" if seen.unknown else ""
    counts = f"{seen.lost} lost, {seen.duplicated} duplicated, {seen.phantom} phantom{there}"
    return f"{describe(seen)}; {seen.kept} of {seen.acknowledged} acknowledged writes kept, {counts}"


def _account(seen: LedgerFigures, budget: LedgerBudget) -> list[Verdict]:
    if seen.unread:
        return [unknown(f"what was acknowledged could not be read back: {seen.unread}")]
    found = [] if seen.acknowledged else [unknown("no write was acknowledged, so nothing could be lost")]
    first = {one.what: f" (first: seq {one.seq}, {one.id})" for one in reversed(seen.wrong)}
    for what, sentence in (
        ("lost", f"{seen.lost} of {seen.acknowledged} acknowledged writes are gone"),
        ("duplicated", f"{seen.duplicated} writes are there twice"),
        ("phantom", f"{seen.phantom} rows are there that nobody sent or that were refused"),
    ):
        if getattr(seen, what) > getattr(budget, what):
            found.append(failed(f"{sentence}{first.get(what, '')}, budget {getattr(budget, what)}"))
    if budget.unknown is not None and seen.unknown > budget.unknown:
        found.append(failed(f"{seen.unknown} writes were never answered, budget {budget.unknown}"))
    return found


def _wrong(account: Account, writes: Sequence[Write], start: float) -> list[dict[str, object]]:
    known = {write.id: write for write in writes}
    kinds = (("lost", account.lost), ("duplicated", account.duplicated), ("phantom", account.phantom))
    return [_one_wrong(name, what, known.get(name), start) for what, ids in kinds for name in ids[:_WRONG_SHOWN]]


def _one_wrong(name: str, what: str, write: Write | None, start: float) -> dict[str, object]:
    seq, sent = (write.seq, round(write.sent_at - start, 3)) if write else (None, None)
    return {"id": name, "what": what, "seq": seq, "sent": sent}
