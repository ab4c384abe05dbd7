"""Runs e2e-run and kept clusters as a user would, for the tests beside this file."""

import json
import os
import re
import subprocess
import sys
import time
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

    def events(self):
        """The event log, each event a dict."""
        return [json.loads(line) for line in (self.folder / "events.jsonl").read_text().splitlines()]

    def selected(self):
        """Names of the plays that were to run."""
        return next(event["plays"] for event in self.events() if event["type"] == "run-started")

    def plays(self):
        """Verdict and reason by play, from the event log."""
        return {event["play"]: event for event in self.events() if event["type"] == "play-finished"}


@dataclass
class Kept:
    """A cluster that stays while a test runs."""

    name: str
    folder: Path
    kubeconfig: Path

    @property
    def env(self):
        """Stock kubectl finds this cluster with it."""
        return {**os.environ, "KUBECONFIG": str(self.kubeconfig), "PATH": f"{BIN}:{os.environ['PATH']}"}

    @property
    def inventory(self):
        """The path of an inventory that names this cluster."""
        path = self.folder / f"{self.name}.yaml"
        path.write_text(INVENTORY.format(name=self.name, images=IMAGES))
        return path

    def shell(self, line, timeout=120, shell="sh"):
        """A line of shell with kubectl pointing at this cluster."""
        done = self.attempt(line, timeout, shell)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout

    def attempt(self, line, timeout=120, shell="sh"):
        """The same, whatever comes of it."""
        words = [shell, "-ec", line]
        return subprocess.run(
            words, env=self.env, capture_output=True, text=True, timeout=timeout, cwd=ROOT, check=False
        )

    def deploy_shop(self):
        """Deploy the whole shop and wait until it is Ready."""
        ended = self.run("tests/drills/shop.yaml")
        assert ended.last == "1/1 PASSED", ended.out

    def run(self, playbook, *flags, timeout=900):
        """Run a playbook on it."""
        return e2e_run(ROOT / playbook, "-i", self.inventory, *flags, cwd=self.folder, timeout=timeout)

    def start(self, playbook, *flags):
        """Begin to run a playbook on it, in a process of its own."""
        words = [BIN / "e2e-run", ROOT / playbook, "-i", self.inventory, *flags]
        return Running(
            subprocess.Popen(
                [str(word) for word in words],
                cwd=self.folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            ),
            self.folder,
        )


@dataclass
class Running:
    """A run that goes on beside the test."""

    process: subprocess.Popen
    folder: Path

    def wait_for(self, kind, within=120):
        """Until an event of this kind is in its log; returns its folder."""
        deadline = time.monotonic() + within
        while time.monotonic() < deadline and self.process.poll() is None:
            for log in sorted(self.folder.glob("logs/*/events.jsonl"), key=lambda path: path.stat().st_mtime)[-1:]:
                if f'"type": "{kind}"' in log.read_text() or f'"type":"{kind}"' in log.read_text():
                    return log.parent
            time.sleep(0.02)
        raise AssertionError(f"no {kind} within {within} s: {self.process.poll()}")

    def ended(self, within=180):
        """What came of it."""
        out, _ = self.process.communicate(timeout=within)
        found = re.search(r"^log: (.*)/run\.log$", out, re.MULTILINE)
        return Ended(self.process.returncode, out, self.folder / found[1] if found else self.folder)


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
