"""Start this pod's Redis once it is known whether it is the master."""

from __future__ import annotations

import os
import time
from pathlib import Path

from roles import Decision, View, agreement, decide
from surroundings import (
    DATA,
    HOSTNAME,
    ME,
    PASSWORD,
    REDIS_PORT,
    ROUND_SECONDS,
    at_once,
    in_tilt,
    named_master,
    others,
    peer,
    say,
    wait_until_resolves,
)

SETTINGS = """\
bind 0.0.0.0
port {port}
dir {data}
appendonly yes
appendfsync everysec
requirepass "{password}"
masterauth "{password}"
replica-announce-ip {me}
replica-announce-port {port}
repl-diskless-sync-delay 0
repl-timeout 10
repl-ping-replica-period 2
"""


def has_data(folder: Path) -> bool:
    """Return whether an append-only file or a snapshot in the folder is not empty."""
    files = [*folder.glob("*.aof"), *folder.glob("*.rdb"), *folder.glob("appendonlydir/*.aof")]
    return any(file.stat().st_size > 0 for file in files)


def wait_for_role() -> Decision:
    """Look around every ROUND_SECONDS until the role is decided."""
    silent, told, said_before = 0, 0.0, ""
    while True:
        began = time.monotonic()
        said = tuple(at_once(named_master, others("redis-sentinel")))
        silent = 0 if said else silent + 1
        told = (told or began) if agreement(said) == ME else 0.0
        decision = decide(look(said, silent, began - told if told else 0.0))
        if decision.role != "wait":
            return decision
        if decision.why != said_before:
            said_before = decision.why
            say(f"waiting: {decision.why}")
        time.sleep(max(0.0, began + ROUND_SECONDS - time.monotonic()))


def look(said: tuple[str, ...], silent_rounds: int, held_seconds: float) -> View:
    """Return this round's view."""
    peers = others("redis")
    return View(
        me=ME,
        first=HOSTNAME.endswith("-0"),
        said=said,
        silent_rounds=silent_rounds,
        peers=tuple(at_once(peer, peers)),
        peers_expected=len(peers),
        own_data=has_data(DATA),
        held_seconds=held_seconds,
        tilt=bool(said) and any(at_once(in_tilt, others("redis-sentinel"))),
    )


def main() -> None:
    """Decide, write redis.conf and become redis-server."""
    decision = wait_for_role()
    say(f"starting as {decision.role} {decision.of}: {decision.why}")
    text = SETTINGS.format(port=REDIS_PORT, data=DATA, password=PASSWORD, me=ME)
    if decision.role == "replica":
        text += f"replicaof {decision.of} {REDIS_PORT}\n"
        wait_until_resolves(decision.of)
    settings = DATA / "redis.conf"
    settings.touch(mode=0o600)
    settings.write_text(text)
    os.execvp("redis-server", ["redis-server", str(settings)])


if __name__ == "__main__":
    main()
