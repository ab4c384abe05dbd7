"""May this Redis start, and as what: a pure function of what the Sentinels and the other Redis say.

A pod that was the master and comes back within a second must not start as the master again: it may be empty, and its
replicas would copy the emptiness. It holds until Sentinel has named another master, or until there is nobody who could
take over.
"""

from __future__ import annotations

from typing import NamedTuple

QUORUM = 2
SILENT_ROUNDS = 3
"""Rounds without any Sentinel after which the pod looks for itself."""
ALONE_SECONDS = 4.0
"""Hold of a master with data that nobody was connected to: no failover can be on its way."""
LONGEST_HOLD_SECONDS = 15.0
"""Hold after which a failover that had to come will not come any more (three times Sentinel's failover-timeout)."""
TILT_SECONDS = 30.0
"""A Sentinel that found itself stopped or slow does nothing for this long, and then may still replace the master."""


class Peer(NamedTuple):
    """Another Redis that answered."""

    name: str
    role: str
    keys: int
    link_down_seconds: int
    """master_link_down_since_seconds; -1: the link is up, or there never was one since it started."""


class View(NamedTuple):
    """What a pod knows in one round."""

    me: str
    first: bool
    """It is the pod with ordinal 0."""
    said: tuple[str, ...]
    """The master's name, once for each Sentinel that answered."""
    silent_rounds: int
    """Rounds in a row in which no Sentinel answered, this one included."""
    peers: tuple[Peer, ...]
    peers_expected: int
    own_data: bool
    """Its append-only file or its snapshot is not empty."""
    held_seconds: float
    """Since the Sentinels first said that the master is this pod; 0 if they do not."""
    tilt: bool = False
    """A Sentinel is in tilt mode: it watches, and acts later."""


class Decision(NamedTuple):
    """`master`, `replica` (of `of`) or `wait`, and why."""

    role: str
    of: str
    why: str


def decide(view: View) -> Decision:
    """Return what to do in this round."""
    agreed = agreement(view.said)
    if agreed and agreed != view.me:
        return Decision("replica", agreed, "the Sentinels name another master")
    if agreed:
        return hold(view)
    if view.silent_rounds >= SILENT_ROUNDS:
        return without_sentinels(view)
    return Decision("wait", "", f"{len(view.said)} Sentinels answer, {QUORUM} must agree")


def agreement(said: tuple[str, ...]) -> str:
    """Return the name that at least QUORUM Sentinels gave, or nothing."""
    for name in said:
        if said.count(name) >= QUORUM:
            return name
    return ""


def hold(view: View) -> Decision:
    """Return whether the hold of a named master is over."""
    left_behind = [peer.name for peer in view.peers if peer.link_down_seconds >= 0]
    anyone_has_keys = any(peer.keys for peer in view.peers)
    if not anyone_has_keys and not left_behind and len(view.peers) == view.peers_expected:
        return Decision("master", "", "every other Redis answers, is empty and never had another master")
    if view.held_seconds >= ALONE_SECONDS and view.own_data and not left_behind:
        return Decision("master", "", "has data, and no replica waits for a failover")
    longest = LONGEST_HOLD_SECONDS + (TILT_SECONDS if view.tilt else 0)
    if view.held_seconds >= longest and (view.own_data or not anyone_has_keys):
        return Decision("master", "", f"no failover came in {longest:.0f} s")
    return Decision("wait", "", f"named as master, held so that Sentinel sees it down; left behind: {left_behind}")


def without_sentinels(view: View) -> Decision:
    """Return what to do when no Sentinel has answered for a while."""
    masters = [peer.name for peer in view.peers if peer.role == "master"]
    if masters:
        return Decision("replica", masters[0], "no Sentinel answers; this one says it is the master")
    if view.first:
        return Decision("master", "", "no Sentinel answers and nobody is master: the first pod begins")
    return Decision("wait", "", "no Sentinel answers and nobody is master: the first pod will begin")
