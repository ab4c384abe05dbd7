"""Sets up the network of the machine that all virtual nodes share: addresses, routes, kernel settings."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from . import links
from .addresses import API, DNS, NODE, SERVICES
from .netlink import ROUTE, Socket

_LOOPBACK = 1
_SETTINGS = (
    ("net/ipv4/ip_forward", "1"),
    ("net/ipv4/ip_unprivileged_port_start", "0"),
    ("net/ipv4/conf/all/rp_filter", "0"),
    ("net/ipv4/conf/default/rp_filter", "0"),
    ("net/ipv4/conf/all/send_redirects", "0"),
    ("net/ipv4/conf/default/send_redirects", "0"),
    ("net/ipv6/conf/default/disable_ipv6", "1"),
    # "no route" to a pod that has just gone is said each time: held back, a connect to it hangs for 15 s, and Sentinel
    # looks for the new address of a Redis only when the connect to the old one has failed
    ("net/ipv4/icmp_ratelimit", "0"),
    ("net/core/somaxconn", "4096"),
)


def set_up() -> None:
    """Prepare the network namespace of this process; there is no way out of it.

    Raises:
        OSError: the kernel refused.

    """
    for name, value in _SETTINGS:
        with suppress(FileNotFoundError):  # a kernel without IPv6
            Path("/proc/sys", name).write_text(value)
    steps = [links.link_up(_LOOPBACK)]
    steps += [links.address(_LOOPBACK, ip) for ip in (NODE, API, DNS)]
    # without a route no connection to a Service could begin; before it would be sent the address is translated
    steps.append(links.route(SERVICES, _LOOPBACK, source=NODE))
    where = Socket(ROUTE)
    try:
        where.ask(steps, "network of the node")
    finally:
        where.close()
