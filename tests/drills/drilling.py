"""Runs e2e-run and kept clusters as a user would, for the tests beside this file."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
IMAGES = ROOT / "demo/jewelry-shop/images"
INVENTORY = """
name: {name}
class: test
targets:
  shop: {{embedded: {{images: [{images}], cluster: {name}}}, namespace: jewelry-shop}}
secrets:
  db_password: {{kubernetes: {{secret: jewelry-shop-secrets, key: DB_PASSWORD}}}}
  redis_password: {{kubernetes: {{secret: jewelry-shop-secrets, key: REDIS_PASSWORD}}}}
  admin_password: {{kubernetes: {{secret: jewelry-shop-secrets, key: ADMIN_PASSWORD}}}}
"""


@dataclass
class Ended:
    """A run that has ended, as a user sees it."""

    code: int
    out: str
    folder: Path

    @property
    def last(self):
        """The closing line."""
        return self.out.strip().splitlines()[-1]

    def plays(self):
        """Verdict and reason by play, from the event log."""
        events = [json.loads(line) for line in (self.folder / "events.jsonl").read_text().splitlines()]
        return {event["play"]: event for event in events if event["type"] == "play-finished"}


@dataclass
class Kept:
    """A cluster that stays while a test runs."""

    name: str
    folder: Path
    kubeconfig: Path

    def shell(self, line, timeout=120):
        """A line of shell with kubectl pointing at this cluster."""
        env = {**os.environ, "KUBECONFIG": str(self.kubeconfig), "PATH": f"{BIN}:{os.environ['PATH']}"}
        done = subprocess.run(
            ["sh", "-ec", line], env=env, capture_output=True, text=True, timeout=timeout, cwd=ROOT, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout

    def run(self, playbook, *flags, timeout=900):
        """Run a playbook on it."""
        inventory = self.folder / f"{self.name}.yaml"
        inventory.write_text(INVENTORY.format(name=self.name, images=IMAGES))
        return e2e_run(ROOT / playbook, "-i", inventory, *flags, cwd=self.folder, timeout=timeout)


def e2e_run(*words, cwd, timeout=900):
    """Run `e2e-run` in a folder of its own, so that its logs lie there."""
    done = subprocess.run(
        [str(BIN / "e2e-run"), *map(str, words)], cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False
    )
    out = done.stdout + done.stderr
    found = re.search(r"^log: (.*)/run\.log$", out, re.MULTILINE)
    return Ended(done.returncode, out, cwd / found[1] if found else cwd)


def localcluster(*words, timeout=120):
    """The cluster's own command line."""
    done = subprocess.run(
        [sys.executable, "-m", "localcluster", *map(str, words)],
        capture_output=True, text=True, timeout=timeout, check=False, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
