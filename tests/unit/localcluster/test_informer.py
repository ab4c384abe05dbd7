import asyncio

from localcluster.apiserver.local import LocalClient
from localcluster.apiserver.registry import Registry
from localcluster.apiserver.store import Store
from localcluster.client import ApiError
from localcluster.informer import Informer


async def _following(client, resource="nodes"):
    informer = Informer(client, resource)
    task = asyncio.create_task(informer.run())
    await asyncio.wait_for(informer.synced(), 2)
    return informer, task


async def _until(condition):
    async with asyncio.timeout(2):
        while not condition():  # noqa: ASYNC110 - any condition, so there is no event to wait for
            await asyncio.sleep(0)


def _node(name, **labels):
    return {"metadata": {"name": name, "labels": labels}}


def test_the_cache_follows_what_comes_changes_and_goes():
    async def scenario():
        client = LocalClient(Registry())
        await client.create("nodes", _node("a"))
        informer, task = await _following(client)
        told = []
        informer.subscribe(lambda kind, _, new: told.append((kind, new["metadata"]["name"])))
        await client.create("nodes", _node("b", app="x"))
        await client.patch("nodes", "b", {"metadata": {"labels": {"app": "y"}}})
        await client.delete("nodes", "a")
        await _until(lambda: informer.get(None, "a") is None)
        task.cancel()
        return told, [one["metadata"]["name"] for one in informer.select(None, "app=y")]

    told, selected = asyncio.run(scenario())
    assert told == [("ADDED", "a"), ("ADDED", "b"), ("MODIFIED", "b"), ("DELETED", "a")]
    assert selected == ["b"]


class _Forgetful:
    """A client whose watch is always too old, or breaks."""

    def __init__(self, client, error):
        self._client, self._error = client, error
        self.lists = 0

    async def list(self, *args, **kwargs):
        self.lists += 1
        return await self._client.list(*args, **kwargs)

    async def watch(self, *args, **kwargs):
        if self.lists < 3:
            raise self._error
        async for event in self._client.watch(*args, **kwargs):
            yield event


def test_a_watch_that_is_too_old_makes_a_new_list():
    async def scenario():
        client = LocalClient(Registry(Store(log_length=2)))
        forgetful = _Forgetful(client, ApiError(410, "Expired", "too old"))
        informer, task = await _following(forgetful)
        await client.create("nodes", _node("late"))
        await _until(lambda: informer.get(None, "late"))
        task.cancel()
        return forgetful.lists

    assert asyncio.run(scenario()) == 3


def test_a_subscriber_that_fails_does_not_stop_the_others():
    async def scenario():
        client = LocalClient(Registry())
        informer, task = await _following(client)
        told = []
        informer.subscribe(lambda *_: 1 / 0)
        informer.subscribe(lambda kind, *_: told.append(kind))
        await client.create("nodes", _node("a"))
        await _until(lambda: told)
        task.cancel()
        return told

    assert asyncio.run(scenario()) == ["ADDED"]


def test_what_a_client_gives_is_the_callers_own():
    async def scenario():
        client = LocalClient(Registry())
        made = await client.create("nodes", _node("a"))
        made["metadata"]["labels"] = {"changed": "here"}
        listed, _ = await client.list("nodes")
        listed[0]["metadata"]["labels"] = {"changed": "there"}
        return (await client.get("nodes", "a"))["metadata"].get("labels")

    assert asyncio.run(scenario()) in ({}, None)
