"""What the scheduler looks at while it places one pod."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from localcluster.apiserver import quantity
from localcluster.client import Obj
from localcluster.controllers import podstate, requests
from localcluster.controllers.cluster import Cluster
from localcluster.controllers.kinds import key_of

_USED: dict[str, requests.Amounts] = {}  # by pod uid; what a pod asks for does not change
_USED_LIMIT = 10_000


@dataclass
class NodeView:
    """A node, its pods that have not ended, and what they ask for."""

    node: Obj
    pods: list[Obj] = field(default_factory=list)
    used: requests.Amounts = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.node["metadata"]["name"])

    @property
    def labels(self) -> dict[str, str]:
        """Its labels."""
        return self.node["metadata"].get("labels") or {}

    def allocatable(self, resource: str) -> Decimal:
        """How much of a resource it has for pods, 0 when it does not say."""
        given = (self.node.get("status") or {}).get("allocatable") or {}
        return quantity.parse(str(given.get(resource, "0")))

    def add(self, pod: Obj) -> None:
        """Count a pod."""
        self.pods.append(pod)
        for name, amount in wants(pod).items():
            self.used[name] = self.used.get(name, Decimal(0)) + amount


@dataclass(frozen=True)
class Snapshot:
    """All nodes at one moment."""

    nodes: list[NodeView]

    @classmethod
    def take(cls, cluster: Cluster, assumed: Mapping[tuple[str, str], str]) -> "Snapshot":
        """Read the caches; `assumed` are the nodes of pods that are as good as placed, by namespace and name."""
        views = {node["metadata"]["name"]: NodeView(node) for node in cluster.items("nodes")}
        for pod in cluster.items("pods"):
            view = views.get(podstate.node_of(pod) or assumed.get(key_of(pod), ""))
            if view is not None and not podstate.is_finished(pod):
                view.add(pod)
        return cls(sorted(views.values(), key=lambda view: view.name))

    def placed(self) -> Iterator[tuple[NodeView, Obj]]:
        """Give every placed pod with its node."""
        for view in self.nodes:
            for pod in view.pods:
                yield view, pod


def wants(pod: Obj) -> requests.Amounts:
    """Give what a pod asks for, reckoned once."""
    uid = pod["metadata"]["uid"]
    if uid not in _USED:
        if len(_USED) >= _USED_LIMIT:
            _USED.clear()
        _USED[uid] = requests.of_pod(pod["spec"])
    return _USED[uid]
