"""Decides which pods may talk to which, from NetworkPolicies, as upstream defines them.

A pod that no policy selects for a direction may do everything in it. One that is selected may do what at least one of
its policies allows. A connection needs the leave of both ends. Order does not matter; there is no "deny" rule.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localcluster import selectors

from .addresses import DNS

Obj = dict[str, Any]
_FINISHED = ("Succeeded", "Failed")


@dataclass(frozen=True, order=True)
class Block:
    """Addresses in a network but not in the exceptions."""

    network: str
    exceptions: tuple[str, ...] = ()


@dataclass(frozen=True, order=True)
class Ports:
    """Ports of a protocol, both ends included."""

    protocol: str
    first: int = 0
    """0: every port."""
    last: int = 0


@dataclass(frozen=True, order=True)
class Allow:
    """Leave for some peers on some ports."""

    peers: tuple[str, ...] | None = None
    """Addresses of pods; None and no block: everybody."""
    blocks: tuple[Block, ...] = ()
    ports: tuple[Ports, ...] | None = None
    """None: every port of every protocol."""


@dataclass(frozen=True)
class Isolation:
    """What selected pods may do: by address; a pod that is missing may do everything."""

    ingress: Mapping[str, tuple[Allow, ...]]
    egress: Mapping[str, tuple[Allow, ...]]


@dataclass(frozen=True)
class Pod:
    """What matters of a pod."""

    ip: str
    namespace: str
    labels: Mapping[str, str]
    ports: Mapping[tuple[str, str], int]
    """Number by (protocol, name)."""


def isolation(policies: Iterable[Obj], pods: Iterable[Obj], namespaces: Iterable[Obj]) -> Isolation:
    """Compute what every selected pod may do."""
    world = _World(
        [*map(_pod, filter(_counts, pods)), _DNS_POD], {n["metadata"]["name"]: _labels(n) for n in namespaces}
    )
    ingress: dict[str, set[Allow]] = {}
    egress: dict[str, set[Allow]] = {}
    for policy in policies:
        spec = policy.get("spec") or {}
        types = _types(spec)
        for pod in world.selected(policy["metadata"]["namespace"], spec.get("podSelector") or {}):
            if "Ingress" in types:
                allowed = ingress.setdefault(pod.ip, set())
                for rule in spec.get("ingress") or []:
                    allowed |= world.ingress(policy, rule, pod)
            if "Egress" in types:
                allowed = egress.setdefault(pod.ip, set())
                for rule in spec.get("egress") or []:
                    allowed |= world.egress(policy, rule)
    return Isolation(_sorted(ingress), _sorted(egress))


def _sorted(found: dict[str, set[Allow]]) -> dict[str, tuple[Allow, ...]]:
    return {ip: tuple(sorted(allowed, key=repr)) for ip, allowed in found.items()}


def _counts(pod: Obj) -> bool:
    """Tell whether policies concern a pod: it has an address of its own and has not finished."""
    status, spec = pod.get("status") or {}, pod.get("spec") or {}
    return bool(status.get("podIP")) and not spec.get("hostNetwork") and status.get("phase") not in _FINISHED


def _labels(obj: Obj) -> dict[str, str]:
    return obj["metadata"].get("labels") or {}


def _pod(obj: Obj) -> Pod:
    ports = {
        (port.get("protocol", "TCP"), port["name"]): int(port["containerPort"])
        for container in obj["spec"].get("containers") or []
        for port in container.get("ports") or []
        if port.get("name")
    }
    return Pod(obj["status"]["podIP"], obj["metadata"]["namespace"], _labels(obj), ports)


# The cluster's DNS is no pod here, but policies that name it by its usual labels shall find it.
_DNS_POD = Pod(DNS, "kube-system", {"k8s-app": "kube-dns"}, {("UDP", "dns"): 53, ("TCP", "dns-tcp"): 53})


def _types(spec: Obj) -> Sequence[str]:
    """Give the directions of a policy: without policyTypes always Ingress, and Egress if it has such rules."""
    given: Sequence[str] | None = spec.get("policyTypes")
    return given or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])


class _World:
    """The pods and namespaces that peers are looked up in."""

    def __init__(self, pods: Sequence[Pod], namespaces: Mapping[str, Mapping[str, str]]) -> None:
        self._pods = pods
        self._namespaces = namespaces

    def selected(self, namespace: str, selector: Obj) -> list[Pod]:
        """List the pods of a namespace that a selector chooses."""
        wanted = selectors.from_label_selector(selector)
        return [p for p in self._pods if p.namespace == namespace and wanted.matches(p.labels) and p is not _DNS_POD]

    def ingress(self, policy: Obj, rule: Obj, target: Pod) -> set[Allow]:
        """Read one ingress rule; named ports are those of the selected pod itself."""
        ports = _ports(rule, target)
        if ports is not None and not ports:
            return set()
        return _allow(self._peers(policy, rule.get("from")), _blocks(rule.get("from")), ports, bool(rule.get("from")))

    def egress(self, policy: Obj, rule: Obj) -> set[Allow]:
        """Read one egress rule; named ports are those of each peer."""
        limited = bool(rule.get("to"))
        peers, blocks = self._peers(policy, rule.get("to")), _blocks(rule.get("to"))
        if not _has_names(rule):
            return _allow(peers, blocks, _ports(rule, None), limited)
        allowed: set[Allow] = set()
        numbered = _ports(rule, None)
        if numbered:
            allowed |= _allow(peers, blocks, numbered, limited)
        for peer in peers if limited else self._pods:
            if ports := _ports(rule, peer):
                allowed.add(Allow((peer.ip,), (), ports))
        return allowed

    def _peers(self, policy: Obj, peers: list[Obj] | None) -> list[Pod]:
        found: dict[str, Pod] = {}
        for peer in peers or []:
            if "ipBlock" not in peer:
                found |= {pod.ip: pod for pod in self._matching(policy, peer)}
        return list(found.values())

    def _matching(self, policy: Obj, peer: Obj) -> Iterable[Pod]:
        labels = selectors.from_label_selector(peer.get("podSelector") or {})
        names = self._named(policy, peer.get("namespaceSelector"))
        return [pod for pod in self._pods if pod.namespace in names and labels.matches(pod.labels)]

    def _named(self, policy: Obj, selector: Obj | None) -> set[str]:
        """Name the namespaces of a peer: without a selector the policy's own."""
        if selector is None:
            return {policy["metadata"]["namespace"]}
        wanted = selectors.from_label_selector(selector)
        return {name for name, labels in self._namespaces.items() if wanted.matches(labels)}


def _allow(peers: list[Pod], blocks: tuple[Block, ...], ports: tuple[Ports, ...] | None, limited: bool) -> set[Allow]:
    if not limited:
        return {Allow(None, (), ports)}
    if not peers and not blocks:
        return set()  # peers were named, and there are none: nobody
    return {Allow(tuple(sorted(pod.ip for pod in peers)), blocks, ports)}


def _blocks(peers: list[Obj] | None) -> tuple[Block, ...]:
    given = [peer["ipBlock"] for peer in peers or [] if "ipBlock" in peer]
    ipv4 = [block for block in given if ":" not in block["cidr"]]
    return tuple(sorted(Block(block["cidr"], tuple(sorted(block.get("except") or []))) for block in ipv4))


def _has_names(rule: Obj) -> bool:
    return any(isinstance(port.get("port"), str) for port in rule.get("ports") or [])


def _ports(rule: Obj, named_by: Pod | None) -> tuple[Ports, ...] | None:
    """Read the ports of a rule; None is all. A name that the pod does not have stands for no port."""
    if not rule.get("ports"):
        return None
    found: list[Ports] = []
    for given in rule["ports"]:
        protocol, number = given.get("protocol", "TCP"), given.get("port")
        if isinstance(number, str):
            number = named_by.ports.get((protocol, number)) if named_by else None
            if number is None:
                continue
        found.append(Ports(protocol, number or 0, given.get("endPort") or number or 0))
    return tuple(sorted(set(found)))
