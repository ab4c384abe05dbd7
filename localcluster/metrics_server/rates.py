"""The last few counters of every container and node, and the use they add up to."""

import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_KEPT = 4  # scrapes: at two seconds each, use is an average of the last six
_SHORTEST = 1.0  # seconds between two counters that give a rate worth telling
Obj = dict[str, Any]
PodKey = tuple[str, str]  # namespace, name


@dataclass(frozen=True)
class Point:
    """Counters at one moment: CPU in nanoseconds since the start, memory in bytes now."""

    at: datetime
    cpu: int
    memory: int
    started: str = ""


@dataclass(frozen=True)
class Use:
    """CPU in nanocores over `window` seconds before `at`, memory in bytes."""

    at: datetime
    window: float
    cpu: int
    memory: int


class Rates:
    """Written by the scraper, read by the server's threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._nodes: dict[str, deque[Point]] = {}
        self._pods: dict[PodKey, dict[str, deque[Point]]] = {}
        self._of_node: dict[str, set[PodKey]] = {}
        self.ready = False
        """Whether there is something to tell: two scrapes have worked."""

    def put(self, node: str, summary: Obj) -> None:
        """Take a node's Summary API document in; pods that it no longer names are forgotten."""
        with self._lock:
            _append(self._nodes.setdefault(node, deque(maxlen=_KEPT)), _point(summary["node"]))
            seen = set()
            for pod in summary.get("pods") or ():
                key = (pod["podRef"]["namespace"], pod["podRef"]["name"])
                seen.add(key)
                self._put_pod(key, pod)
            for key in self._of_node.get(node, set()) - seen:
                self._pods.pop(key, None)
            self._of_node[node] = seen

    def forget(self, nodes: set[str]) -> None:
        """Forget nodes, and what ran on them."""
        with self._lock:
            for node in nodes:
                self._nodes.pop(node, None)
                for key in self._of_node.pop(node, set()):
                    self._pods.pop(key, None)

    def known_nodes(self) -> set[str]:
        """Give the nodes that have told something."""
        with self._lock:
            return set(self._nodes)

    def node(self, name: str) -> Use | None:
        """Give what a node uses; None while that cannot be said."""
        with self._lock:
            return _use(self._nodes.get(name))

    def pod(self, namespace: str, name: str) -> dict[str, Use] | None:
        """Give what each container of a pod uses; None while that cannot be said of all of them."""
        with self._lock:
            containers = self._pods.get((namespace, name)) or {}
            uses = {container: _use(points) for container, points in containers.items()}
        complete = {container: use for container, use in uses.items() if use is not None}
        return complete if complete and len(complete) == len(uses) else None

    def _put_pod(self, key: PodKey, pod: Obj) -> None:
        known = self._pods.setdefault(key, {})
        names = set()
        for container in pod.get("containers") or ():
            names.add(container["name"])
            _append(known.setdefault(container["name"], deque(maxlen=_KEPT)), _point(container))
        for gone in known.keys() - names:
            del known[gone]


def _point(part: Obj) -> Point:
    cpu, memory = part["cpu"], part["memory"]
    started = str(part.get("startTime") or "")
    return Point(
        datetime.fromisoformat(cpu["time"]), int(cpu["usageCoreNanoSeconds"]), int(memory["workingSetBytes"]), started
    )


def _append(points: deque[Point], point: Point) -> None:
    if points and (points[-1].started != point.started or points[-1].cpu > point.cpu):
        points.clear()  # it was started again, and counts from zero
    if not points or point.at > points[-1].at:
        points.append(point)


def _use(points: deque[Point] | None) -> Use | None:
    if not points or len(points) < 2:
        return None
    first, last = points[0], points[-1]
    window = (last.at - first.at).total_seconds()
    if window < _SHORTEST:
        return None
    return Use(last.at, window, int((last.cpu - first.cpu) / window), last.memory)
