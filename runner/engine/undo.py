"""Mends what was broken: the ways back, last in first out, each shielded and with its own time limit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import anyio

from runner.core.errors import Where
from runner.core.events import UndoFinished
from runner.core.verdict import Verdict, unknown
from runner.engine.context import Context, Scene
from runner.engine.execute import Timing, execute
from runner.engine.journal import Entry
from runner.playbook.load import step_from_journal
from runner.playbook.plan import Kinds


@dataclass(frozen=True)
class Mender:
    """Runs ways back; the steps come from the journal's own words, so that a stored undo is the one that runs."""

    kinds: Kinds
    render: Callable[[object], object]
    """Puts secrets back into a stored step."""
    context: Callable[[Scene, Entry], Context]

    async def mend(self, scene: Scene) -> list[str]:
        """Run all that is owed; returns a sentence for each that could not be undone. Cancellation cannot stop it."""
        broken: list[str] = []
        with anyio.CancelScope(shield=True):
            while scene.owed:
                entry = scene.owed.pop()
                verdict = await self._one(scene, entry)
                if not verdict.passed:
                    broken.append(f"{entry.label}: {verdict.reason}")
        return broken

    async def _one(self, scene: Scene, entry: Entry) -> Verdict:
        start = anyio.current_time()
        verdict = await self._run(scene, entry)
        if verdict.passed:
            scene.journal.done(entry)
        scene.bus.emit(
            UndoFinished(
                play=scene.play,
                undo=entry.id,
                label=entry.label,
                mended=verdict.passed,
                reason=verdict.reason,
                seconds=round(anyio.current_time() - start, 3),
            )
        )
        return verdict

    async def _run(self, scene: Scene, entry: Entry) -> Verdict:
        where = Where(str(scene.logs / "journal.jsonl"), 0)
        try:
            ((kind, args),) = entry.undo.items()
            step = step_from_journal(kind, self.render(args), self.kinds)
            with anyio.fail_after(entry.within):
                ran = await execute(step, self.context(scene, entry), Timing(timeout=entry.within), where)
        except TimeoutError:
            return unknown(f"not undone within {entry.within:g} s")
        except Exception as error:  # noqa: BLE001 - one broken undo must not stop the next
            return unknown(f"{type(error).__name__}: {error}")
        return ran.verdict
