"""Own cost of the runner: start-up, a step, memory over ten thousand steps.

Run: .venv/bin/python benchmarks/runner_steps.py
"""

import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BIN = Path(sys.executable).parent
INVENTORY = "name: none\nclass: local\ntargets:\n  t: {{kubernetes: {{kubeconfig: {kubeconfig}}}}}\n"


def playbook(steps: int) -> str:
    """A playbook with one play of that many trivial steps."""
    lines = ["name: many", "plays:", "  - name: many", "    steps:"]
    lines += [f'      - {{name: step {number}, assert: {{that: "1 + 1 == 2"}}}}' for number in range(steps)]
    return "\n".join(lines) + "\n"


def run(folder: Path, steps: int, kubeconfig: str) -> tuple[float, int, float]:
    """Seconds of the whole command, peak resident KiB, seconds between first and last step."""
    (folder / "many.yaml").write_text(playbook(steps))
    (folder / "none.yaml").write_text(INVENTORY.format(kubeconfig=kubeconfig))
    start = time.perf_counter()
    command = subprocess.Popen(
        [BIN / "e2e-run", "many.yaml", "-i", "none.yaml", "-q"], cwd=folder, stdout=subprocess.PIPE
    )
    out, _ = command.communicate()
    took = time.perf_counter() - start
    found = re.search(rb"log: (.*)/run.log", out)
    assert found, out
    log = (folder / found[1].decode() / "events.jsonl").read_text().splitlines()
    times = [float(match[1]) for line in log if (match := re.search(r'"elapsed": ([0-9.]+)', line))]
    return took, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, times[-1] - times[1]


def main() -> None:
    """Print the figures."""
    kubeconfig = os.environ.get("KUBECONFIG")
    assert kubeconfig, "start a cluster (e2e-run cluster up) and set KUBECONFIG"
    starts = []
    for _ in range(7):
        start = time.perf_counter()
        subprocess.run([BIN / "e2e-run", "--version"], check=True, stdout=subprocess.DEVNULL)
        starts.append(time.perf_counter() - start)
    print(f"e2e-run --version: median {sorted(starts)[3]:.3f} s (target 0.25)")
    with tempfile.TemporaryDirectory() as name:
        for steps in (10, 1000, 10_000):
            took, peak, inside = run(Path(name), steps, kubeconfig)
            each = inside / steps * 1000
            print(f"{steps:6} steps: {took:.2f} s in all, {each:.3f} ms a step (target 1), peak {peak // 1024} MiB")


if __name__ == "__main__":
    main()
