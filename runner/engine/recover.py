"""Mends what a dead run left: its journal's ways back, run by another process."""

from __future__ import annotations

from dataclasses import dataclass, field

from runner.core.errors import Gone, Refused
from runner.core.events import Event, UndoFinished
from runner.core.target import Cluster
from runner.engine.bus import Bus
from runner.engine.context import Context, Scene
from runner.engine.journal import Debts, Entry, Journal
from runner.engine.run import Connect, secret_of_cluster
from runner.engine.secrets import Secrets
from runner.engine.undo import Mender
from runner.playbook.plan import Inventory, Kinds, SecretSpec
from runner.playbook.variables import render


@dataclass
class Recovery:
    """Idempotent: what was mended is written to the same journal, so a second time nothing is owed."""

    debts: Debts
    inventory: Inventory
    connect: Connect
    kinds: Kinds
    clusters: dict[str, Cluster] = field(default_factory=dict)
    mended: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    """Sentences about systems that have ended, with all that was broken in them."""

    async def run(self) -> list[str]:
        """Run what is owed, the latest first; returns a sentence for each that could not be mended.

        Raises:
            Unreachable: a target is not there; nothing was tried.
            Refused: what answers there is another system than the one that owes.

        """
        self.secrets = Secrets(self.inventory.secrets, self._fetch)
        self.secrets.read_local()
        try:
            for name in sorted({entry.target for entry in self.debts.entries}):
                await self._reach(name)
            for entry in self._reachable():
                await self.secrets.fetch_used(repr(entry.undo))
            return await self._mend()
        finally:
            for cluster in self.clusters.values():
                await cluster.close()

    async def _reach(self, name: str) -> None:
        try:
            self.clusters[name] = await self.connect(self.inventory.targets[name])
        except Gone as gone:
            self.gone.append(str(gone))
            return
        owing, there = self.debts.environment.get("systems", {}).get(name), self.clusters[name].identity
        if owing and owing != there:
            raise Refused(f"{name} is another system now ({there}) than the one that owes ({owing})")

    def _reachable(self) -> list[Entry]:
        return [entry for entry in self.debts.entries if entry.target in self.clusters]

    async def _mend(self) -> list[str]:
        folder = self.debts.path.parent
        journal = Journal(self.debts.path, lambda: self.debts.environment, self.secrets.unrender)
        for entry in self.debts.entries:
            if entry.target not in self.clusters:
                journal.done(entry)
        bus = Bus(folder / "events.jsonl", [self._hear], self.secrets.mask)
        scene = Scene(
            run=folder.name,
            play="",
            logs=folder,
            folder=".",
            bus=bus,
            journal=journal,
            mask=self.secrets.mask,
            variables={"secrets": self.secrets},
            owed=list(reversed(self._reachable())),
        )
        mender = Mender(self.kinds, lambda value: render(value, {"secrets": self.secrets}), self._context)
        try:
            return await mender.mend(scene)
        finally:
            journal.close()
            bus.close()

    def _context(self, scene: Scene, entry: Entry) -> Context:
        return Context(scene, entry.label, entry.target, self.clusters[entry.target], allow_empty=True, mending=True)

    def _hear(self, event: Event) -> None:
        if isinstance(event, UndoFinished) and event.mended:
            self.mended.append(f"{event.label}: {event.reason}")

    async def _fetch(self, spec: SecretSpec) -> str:
        return await secret_of_cluster(next(iter(self.clusters.values())), spec)
