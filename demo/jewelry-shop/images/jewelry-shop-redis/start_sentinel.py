"""Start this pod's Sentinel, which remembers what it knew before."""

from __future__ import annotations

import os
from hashlib import sha1
from pathlib import Path

from surroundings import (
    DATA,
    HOSTNAME,
    MASTER_NAME,
    ME,
    PASSWORD,
    REDIS_PORT,
    SENTINEL_PORT,
    at_once,
    full_name,
    named_master,
    others,
    peer,
    say,
    wait_until_resolves,
)

SETTINGS = """\
port {port}
bind 0.0.0.0
dir {data}
sentinel myid {myid}
sentinel resolve-hostnames yes
sentinel announce-hostnames yes
sentinel announce-ip {me}
sentinel announce-port {port}
sentinel deny-scripts-reconfig yes
sentinel monitor {name} {master} {redis_port} 2
sentinel auth-pass {name} {password}
sentinel down-after-milliseconds {name} 1000
sentinel failover-timeout {name} 5000
sentinel parallel-syncs {name} 2
"""


def first_master() -> str:
    """Return whom a Sentinel without a memory watches: a peer's word, else a Redis that is master, else redis-0."""
    said = at_once(named_master, others("redis-sentinel"))
    if said:
        return said[0]
    masters = [found.name for found in at_once(peer, others("redis")) if found.role == "master"]
    return masters[0] if masters else full_name("redis-0")


def write(settings: Path, master: str) -> None:
    """Write the first settings; from then on Sentinel itself keeps the file. Half a file is never seen."""
    text = SETTINGS.format(
        port=SENTINEL_PORT,
        redis_port=REDIS_PORT,
        data=DATA,
        myid=sha1(HOSTNAME.encode(), usedforsecurity=False).hexdigest(),
        me=ME,
        name=MASTER_NAME,
        master=master,
        password=PASSWORD,
    )
    draft = settings.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(settings)


def main() -> None:
    """Write sentinel.conf if there is none and become Sentinel."""
    settings = DATA / "sentinel.conf"
    if not settings.exists():
        master = first_master()
        say(f"no memory: watching {master}")
        wait_until_resolves(master)
        write(settings, master)
    wait_until_resolves(ME)
    os.execvp("redis-server", ["redis-server", str(settings), "--sentinel"])


if __name__ == "__main__":
    main()
