"""The addresses of Services: each gets one of 10.96.0.0/16 unless it is headless."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network

from localcluster.apiserver.errors import Cause, invalid_value
from localcluster.apiserver.store import Store
from localcluster.client import Obj

RANGE = IPv4Network("10.96.0.0/16")
KUBERNETES = "10.96.0.1"
DNS = "10.96.0.10"
_RESERVED = 256  # the first addresses are for those who ask for one by name


def allocate(store: Store, service: Obj) -> Iterator[Cause]:
    """Give the service an address, in place; yields what is wrong with one that it asks for."""
    spec = service["spec"]
    if spec["type"] == "ExternalName":
        return
    taken = {one.obj["spec"].get("clusterIP"): one.key for one in store.all("services")}
    wanted = spec.get("clusterIP")
    if not wanted:
        spec["clusterIP"] = wanted = _free(set(taken))
    elif wanted != "None":
        yield from _judge(wanted, taken, (service["metadata"]["namespace"], service["metadata"]["name"]))
    spec["clusterIPs"] = [wanted]


def _judge(wanted: str, taken: dict[str, tuple[str, str]], key: tuple[str, str]) -> Iterator[Cause]:
    message = ""
    try:
        if IPv4Address(wanted) not in RANGE:
            message = f"failed to allocate IP {wanted}: the provided IP ({wanted}) is not in the valid range {RANGE}"
    except ValueError:
        message = "must be empty, 'None', or a valid IP address"
    if taken.get(wanted, key) != key:
        message = f"failed to allocate IP {wanted}: provided IP is already allocated"
    if message:
        yield invalid_value("spec.clusterIPs", [wanted], message)


def _free(taken: set[str]) -> str:
    first = int(RANGE.network_address) + _RESERVED
    for number in range(first, int(RANGE.broadcast_address)):
        address = str(IPv4Address(number))
        if address not in taken:
            return address
    raise RuntimeError(f"no address of {RANGE} is free")


def keep(current: Obj, service: Obj) -> None:
    """Let an update that does not speak of the address keep it, in place."""
    old, new = current["spec"], service["spec"]
    if not new.get("clusterIP") and new.get("type", "ClusterIP") != "ExternalName" and "clusterIP" in old:
        new["clusterIP"] = old["clusterIP"]
