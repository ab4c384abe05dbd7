"""What the embedded cluster costs: start, memory, answers, pods.

Run: .venv/bin/python benchmarks/localcluster.py
"""

import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

from kubernetes import client, config

ROOT = Path(__file__).resolve().parents[1]
KUBECTL = Path(sys.executable).parent / "kubectl"
NAME = f"benchmark-{os.getpid()}"
SHOP = "jewelry-shop"
PODS = 10
READ_SECONDS = 3.0


def localcluster(*words: object) -> str:
    """Run a command of the launcher; give what it prints."""
    command = [sys.executable, "-m", "localcluster", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout


def up() -> tuple[Path, float]:
    """Start a cluster; give its kubeconfig and the seconds until the API answered."""
    begun = time.perf_counter()
    told = localcluster("up", NAME, "--images", ROOT / "demo/jewelry-shop/images")
    found = re.search(r"^KUBECONFIG=(.*)$", told, re.MULTILINE)
    assert found, told
    kubeconfig = Path(found[1])
    subprocess.run([KUBECTL, f"--kubeconfig={kubeconfig}", "get", "--raw", "/readyz"], check=True, capture_output=True)
    return kubeconfig, time.perf_counter() - begun


def shop_ready(kubeconfig: Path) -> float:
    """Apply the shop's manifests; give the seconds until each workload has all its replicas Ready."""
    apps = client.AppsV1Api()
    begun = time.perf_counter()
    manifests = ROOT / "demo/jewelry-shop/k8s"
    subprocess.run([KUBECTL, f"--kubeconfig={kubeconfig}", "apply", "-f", manifests], check=True, capture_output=True)
    while not all_ready(apps):
        assert time.perf_counter() - begun < 120, "the shop is not Ready after 120 s"
        time.sleep(0.1)
    return time.perf_counter() - begun


def all_ready(apps: client.AppsV1Api) -> bool:
    """Whether each workload of the shop has as many Ready pods as it wants."""
    found = [*apps.list_namespaced_deployment(SHOP).items, *apps.list_namespaced_stateful_set(SHOP).items]
    return bool(found) and all((one.status.ready_replicas or 0) >= one.spec.replicas for one in found)


def resident() -> dict[str, float]:
    """MiB of API server, kubelet and its spawner, by name; private and shared pages alike."""
    modules = {"apiserver": "localcluster.apiserver", "kubelet": "localcluster.kubelet", "spawner": "sandbox.spawner"}
    sizes = dict.fromkeys(modules, 0.0)
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            command = (folder / "cmdline").read_text()
            status = (folder / "status").read_text()
        except OSError:
            continue  # it has ended meanwhile
        found = re.search(r"VmRSS:\s+(\d+)", status)
        for name, module in modules.items():
            if found and module in command and f"/localcluster/{NAME}" in command:
                sizes[name] += int(found[1]) / 1024
    return sizes


def gets_per_second() -> float:
    """Read one ConfigMap again and again on one connection, without the client's models."""
    core = client.CoreV1Api()
    begun, done = time.perf_counter(), 0
    while time.perf_counter() - begun < READ_SECONDS:
        answer = core.read_namespaced_config_map("kube-root-ca.crt", "default", _preload_content=False)
        json.loads(answer.data)
        done += 1
    return done / (time.perf_counter() - begun)


def pod_ready_seconds() -> list[float]:
    """Create pods one after the other; give the seconds until each is Ready, as a reader sees it."""
    core = client.CoreV1Api()
    container = {"name": "main", "image": "docker.io/library/busybox:latest", "command": ["sleep", "1000"]}
    took = []
    for number in range(PODS):
        name = f"benchmark-{number}"
        spec = {"containers": [container], "terminationGracePeriodSeconds": 0}
        begun = time.perf_counter()
        core.create_namespaced_pod("default", {"metadata": {"name": name}, "spec": spec})
        while not ready(core.read_namespaced_pod(name, "default")):
            time.sleep(0.002)
        took.append(time.perf_counter() - begun)
    return took


def ready(pod: client.V1Pod) -> bool:
    """Whether the pod's condition Ready is True."""
    return any(one.type == "Ready" and one.status == "True" for one in pod.status.conditions or ())


def main() -> None:
    """Print the figures."""
    try:
        kubeconfig, seconds = up()
        config.load_kube_config(str(kubeconfig))
        print(f"up until the API answers: {seconds:.2f} s (target 1)")
        print(f"GET of one object, one connection: {gets_per_second():.0f} a second")
        took = pod_ready_seconds()
        print(
            f"pod created until Ready: median {statistics.median(took) * 1000:.0f} ms, worst {max(took) * 1000:.0f} ms"
        )
        print(f"shop applied until Ready: {shop_ready(kubeconfig):.1f} s (target 15)")
        sizes = resident()
        parts = ", ".join(f"{name} {size:.0f}" for name, size in sizes.items())
        print(f"resident with the shop: {sum(sizes.values()):.0f} MiB (target 120): {parts}")
    finally:
        localcluster("down", NAME)


if __name__ == "__main__":
    main()
