"""Events are forgotten after an hour, as upstream does."""

import asyncio
from datetime import UTC, datetime, timedelta

from localcluster.apiserver.store import Store

LIFE = timedelta(hours=1)
_PAUSE = 60.0  # seconds between looks


async def run(store: Store) -> None:
    """Forget old events, until cancelled."""
    while True:
        await asyncio.sleep(_PAUSE)
        forget(store, datetime.now(UTC) - LIFE)


def forget(store: Store, before: datetime) -> None:
    """Remove each event that was written last before a moment."""
    for entry in store.all("events"):
        obj = entry.obj
        said = obj.get("lastTimestamp") or obj.get("eventTime") or obj["metadata"]["creationTimestamp"]
        if datetime.fromisoformat(said) < before:
            store.remove("events", entry.key)
