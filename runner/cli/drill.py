"""One playbook on one inventory: loaded, checked, selected, run, reported."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio

from runner.cli import wiring
from runner.cli.listing import warn
from runner.cli.selection import select
from runner.core import duration
from runner.core.errors import InvalidInput, Mistake, Unmended
from runner.core.summary import Summary
from runner.core.target import Cluster
from runner.engine.journal import unfinished
from runner.engine.run import Connect, Order, Run
from runner.engine.secrets import Secrets
from runner.playbook.load import load_all
from runner.playbook.overrides import read_overrides
from runner.playbook.plan import Inventory, PlaybookPlan, TargetSpec
from runner.reporters import Listening, console, junit, logfile


@dataclass(frozen=True)
class Drill:
    """What was asked for, found to be sound."""

    plan: PlaybookPlan
    inventory: Inventory
    args: argparse.Namespace
    selected: frozenset[str]
    timeout: float | None

    @classmethod
    def load(cls, path: Path, args: argparse.Namespace) -> Drill:
        """Read everything that can be known before a system is touched.

        Raises:
            InvalidInput: all mistakes of the playbook and its inventory together.

        """
        plan, inventory = load_all(
            path,
            wiring.kinds(path),
            lambda: wiring.inventory(args.inventory),
            lambda: read_overrides(args.extra_vars),
        )
        for spec in inventory.targets.values():
            wiring.target(spec.kind).supported()
        Secrets.check_local(inventory.secrets)
        for request in args.report:
            wiring.report_request(request)
        return cls(plan, inventory, args, select(plan, args), _timeout(args.timeout))

    def run(self) -> int:
        """Run it; reports are written however it ends."""
        self._no_debts()
        folder = wiring.run_folder(self.plan.name)
        out = console.Reporter(str(folder), self.args.verbose - self.args.quiet)
        own = (logfile.Reporter(folder / "run.log"), junit.Reporter(folder / "junit.xml"))
        reporters: list[Listening] = [*own, *(wiring.reporter(request) for request in self.args.report), out]
        try:
            summary = self._played(folder, reporters)
        finally:
            for reporter in reporters:
                reporter.close()
        return summary.exit_code

    def _played(self, folder: Path, listeners: Sequence[Listening]) -> Summary:
        order = Order(
            plan=self.plan,
            inventory=self.inventory,
            run=folder.name,
            logs=folder,
            connect=connector(folder.name, keep=self.args.keep_cluster, playbook=self.plan.path),
            kinds=wiring.kinds(Path(self.plan.path)),
            listeners=listeners,
            selected=self.selected,
            timeout=self.timeout,
            no_skips=self.args.no_skips,
        )
        return asyncio.run(Run(order).run())

    def _no_debts(self) -> None:
        for debts in unfinished(wiring.LOGS, self.inventory.name):
            run = debts.path.parent.name
            raise Unmended(
                f"run {run} left {len(debts.entries)} things unmended on {self.inventory.name}; "
                f"first: e2e-run recover {run} -i {self.args.inventory}"
            )

    def check(self) -> int:
        """Connect and say what is there; take no lock, write nothing."""
        warn(self.plan)
        return asyncio.run(self._check())

    async def _check(self) -> int:
        print(f"{self.plan.path}: {len(self.selected)} of {len(self.plan.plays)} plays, nothing wrong")
        for spec in self.inventory.targets.values():
            if wiring.target(spec.kind).starts_its_own:
                print(f"{spec.name}: {spec.kind}: a cluster is started by the run")
                continue
            cluster = await connector("check", keep=True)(spec)
            with anyio.CancelScope(shield=True):
                print(f"{spec.name}: {spec.kind} {cluster.version}: {', '.join(sorted(cluster.capabilities))}")
                await cluster.close()
        return 0


def connector(run: str, *, keep: bool, playbook: str = ".", start: bool = True) -> Connect:
    """How the engine reaches a target of any kind."""

    async def connect(spec: TargetSpec) -> Cluster:
        kind = wiring.target(spec.kind)
        folder = str(Path(spec.where.file).parent)
        return await kind.connect(
            kind.Options.model_validate(spec.options),
            run=run,
            keep=keep,
            folder=folder,
            playbook=playbook,
            start=start,
        )

    return connect


def _timeout(text: str | None) -> float | None:
    try:
        return duration.seconds(text) if text else None
    except ValueError as error:
        raise InvalidInput([Mistake(None, f"--timeout: {error}")]) from error
