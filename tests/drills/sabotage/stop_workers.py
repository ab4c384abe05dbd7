"""Stop each Celery worker of the cluster that KUBECONFIG names, from outside: inside, nobody can stop pid 1."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psutil

name = Path(os.environ["KUBECONFIG"]).parent.name
told = subprocess.run(
    [sys.executable, "-m", "localcluster", "status", name], capture_output=True, text=True, check=True
).stdout
supervisor = psutil.Process(int(re.search(r"\bpid=(\d+)", told)[1]))
workers = [
    process
    for process in supervisor.children(recursive=True)
    if {"celery", "worker"} <= set(map(os.path.basename, process.cmdline()))
]
for worker in workers:
    worker.suspend()
if not workers:
    sys.exit("no worker runs")
print(f"stopped {len(workers)}: {[worker.status() for worker in workers]}")
