import asyncio
import os
import signal

import pytest

from localcluster.apiserver import pki, service
from localcluster.apiserver.process import Arguments
from localcluster.client import ApiError, HttpClient


@pytest.fixture
def ask(tmp_path):
    """Run the whole service on a loopback port, without controllers, and a client of its kubeconfig."""
    arguments = Arguments(tmp_path, binds=(("127.0.0.1", 0),), controllers=False)

    def asked(scenario, kubeconfig="kubeconfig"):
        async def run():
            serving = asyncio.create_task(service.serve(arguments))
            async with asyncio.timeout(5):
                while not (tmp_path / kubeconfig).exists():  # noqa: ASYNC110 - a file, as for who starts it
                    await asyncio.sleep(0.005)
                async with HttpClient(tmp_path / kubeconfig) as client:
                    result = await scenario(client)
                os.kill(os.getpid(), signal.SIGTERM)
                await serving
            return result

        pki.wait(pki.ensure(tmp_path))
        return asyncio.run(run())

    return asked


def test_the_client_reaches_the_server_with_its_kubeconfig_and_sigterm_ends_it(ask):
    async def scenario(client):
        made = await client.create("configmaps", {"metadata": {"name": "a"}}, "default")
        await client.patch("configmaps", "a", {"data": {"k": "v"}}, "default")
        found, version = await client.list("configmaps", "default", field_selector="metadata.name=a")
        stream = client.watch("configmaps", "default", resource_version=made["metadata"]["resourceVersion"])
        kind, changed = await anext(stream)
        await stream.aclose()
        await client.delete("configmaps", "a", "default")
        return found[0]["data"], kind, changed["metadata"]["resourceVersion"] == version

    assert ask(scenario) == ({"k": "v"}, "MODIFIED", True)


def test_a_refusal_reaches_the_caller_with_code_reason_and_message(ask):
    async def scenario(client):
        with pytest.raises(ApiError) as caught:
            await client.get("pods", "none", "default")
        return caught.value.code, caught.value.reason, caught.value.message

    assert ask(scenario, "kubelet-kubeconfig") == (404, "NotFound", 'pods "none" not found')


def test_a_server_that_is_gone_is_503(ask, tmp_path):
    async def keep(client):
        return client.server

    ask(keep)

    async def scenario():
        async with HttpClient(tmp_path / "kubeconfig") as client:
            with pytest.raises(ApiError) as caught:
                await client.get("pods", "none", "default")
            return caught.value.code

    assert asyncio.run(scenario()) == 503


def test_secrets_are_for_their_owner_only(ask, tmp_path):
    async def nothing(_):
        return None

    ask(nothing)

    for name in ("kubeconfig", "kubelet-kubeconfig", "admin-token", "kubelet-token", "pki/server.key"):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
