"""Writes the files of /etc that differ from container to container: names, users, DNS."""

from __future__ import annotations

from .runtime import PodSpec

_HOME = "/home"
_NSSWITCH = "passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n"


def home(uid: int) -> str:
    """Name the home directory of a container's user."""
    return "/root" if uid == 0 else _HOME


def files(pod: PodSpec, uid: int, gid: int) -> dict[str, str]:
    """Make them all: content by name."""
    return {
        "hostname": f"{pod.hostname}\n",
        "hosts": hosts(pod),
        "resolv.conf": resolv_conf(pod),
        "passwd": _passwd(uid, gid),
        "group": _group(gid),
        "nsswitch.conf": _NSSWITCH,
    }


def hosts(pod: PodSpec) -> str:
    """Write /etc/hosts as the kubelet does: the pod knows itself by its full name if it has a subdomain."""
    name = pod.hostname
    if pod.subdomain:
        name = f"{pod.hostname}.{pod.subdomain}.{pod.namespace}.svc.cluster.local\t{pod.hostname}"
    lines = ["127.0.0.1\tlocalhost", "::1\tlocalhost ip6-localhost ip6-loopback", f"{pod.ip}\t{name}"]
    lines += [f"{address}\t{names}" for address, names in pod.hosts.items()]
    return "\n".join(lines) + "\n"


def resolv_conf(pod: PodSpec) -> str:
    """Write /etc/resolv.conf."""
    lines = [f"nameserver {address}" for address in pod.nameservers]
    if pod.searches:
        lines.append("search " + " ".join(pod.searches))
    if pod.options:
        lines.append("options " + " ".join(pod.options))
    return "\n".join(lines) + "\n"


def _passwd(uid: int, gid: int) -> str:
    lines = ["root:x:0:0:root:/root:/bin/sh", "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin"]
    if uid not in (0, 65534):
        lines.append(f"user:x:{uid}:{gid}:user:{_HOME}:/bin/sh")
    return "\n".join(lines) + "\n"


def _group(gid: int) -> str:
    lines = ["root:x:0:", "nogroup:x:65534:"]
    if gid not in (0, 65534):
        lines.append(f"user:x:{gid}:")
    return "\n".join(lines) + "\n"
