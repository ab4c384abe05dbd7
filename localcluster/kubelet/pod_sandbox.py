"""From a Pod object to what its containers share: host name, addresses, DNS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcluster.kubelet.container_spec import hostname
from localcluster.sandbox.runtime import PodSpec

if TYPE_CHECKING:
    from localcluster.client import Obj

DNS = "10.96.0.10"
DOMAIN = "cluster.local"


def sandbox_spec(pod: Obj) -> PodSpec:
    """Describe the sandbox of a pod that has its address."""
    meta, spec = pod["metadata"], pod["spec"]
    servers, searches, options = _dns(spec, meta["namespace"])
    return PodSpec(
        uid=meta["uid"],
        namespace=meta["namespace"],
        name=meta["name"],
        hostname=hostname(pod),
        subdomain=spec.get("subdomain") or "",
        ip=pod["status"]["podIP"],
        nameservers=servers,
        searches=searches,
        options=options,
        hosts={alias["ip"]: " ".join(alias.get("hostnames") or []) for alias in spec.get("hostAliases") or []},
        host_network=bool(spec.get("hostNetwork")),
    )


def _dns(spec: Obj, namespace: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The cluster's DNS unless dnsPolicy is None; Default is the cluster's too: the nodes have no other."""
    own = spec.get("dnsConfig") or {}
    extra = tuple(o["name"] + (f":{o['value']}" if o.get("value") else "") for o in own.get("options") or [])
    if spec.get("dnsPolicy") == "None":
        return tuple(own.get("nameservers") or ()), tuple(own.get("searches") or ()), extra
    searches = (f"{namespace}.svc.{DOMAIN}", f"svc.{DOMAIN}", DOMAIN, *(own.get("searches") or ()))
    return (DNS, *(own.get("nameservers") or ())), searches, ("ndots:5", *extra)
