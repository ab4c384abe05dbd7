"""A cluster that is not there is one sentence, soon, and without a token."""

import asyncio
import socket
from pathlib import Path

import pytest
from aiohttp import web

from runner import targets
from runner.core.errors import InvalidInput, Unreachable
from runner.targets import embedded, kubernetes
from runner.targets.api import session

from .conftest import TOKEN, kubeconfig, listening, refusal, served


def refused(path: str, context: str | None = None) -> str:
    async def go():
        await kubernetes.open_context(path, context, namespace="x", ingress=None, capabilities=frozenset())

    with pytest.raises(Unreachable) as caught:
        asyncio.run(go())
    said = str(caught.value)
    assert TOKEN not in said
    assert "\n" not in said
    return said


def test_the_version_is_read_and_the_token_is_sent(api, tmp_path):
    async def go():
        async with served(api, tmp_path) as cluster:
            return cluster.version

    assert asyncio.run(go()) == "v1.34.0+test"
    assert set(api.headers) == {f"Bearer {TOKEN}"}


def test_nobody_listens(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    assert refused(kubeconfig(tmp_path, port)) == (
        f"the Kubernetes API at 127.0.0.1:{port} does not answer: connection refused"
    )


def test_somebody_listens_and_says_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(session, "LIMIT", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]

        assert refused(kubeconfig(tmp_path, port)).endswith("nothing came within 0.1 s")


def test_credentials_that_are_not_accepted(api, tmp_path):
    api.on("GET /version", refusal(401, "Unauthorized", "Unauthorized"))

    async def go():
        async with listening(api) as port:
            path = kubeconfig(tmp_path, port)
            with pytest.raises(Unreachable, match="refuses us: 401 Unauthorized") as caught:
                await kubernetes.open_context(path, None, namespace="x", ingress=None, capabilities=None)
            assert TOKEN not in str(caught.value)

    asyncio.run(go())


def test_a_context_that_is_not_in_the_file(tmp_path):
    path = kubeconfig(tmp_path, 1)

    assert refused(path, "k3d-shop") == f'no context "k3d-shop" in the kubeconfig {path}'


def test_a_file_that_is_not_there(tmp_path, capfd):
    """The official package would print its own words between ours."""
    assert refused(str(tmp_path / "none")) == f"no kubeconfig at {tmp_path / 'none'}"
    assert "".join(capfd.readouterr()) == ""


@pytest.mark.parametrize("content", [b"not: [yaml", b"", b"\x80\xff\x00", b"- a list", b"text"])
def test_a_file_that_is_no_kubeconfig(tmp_path, content):
    """The official package raises whatever its code happens to stumble over."""
    path = tmp_path / "kubeconfig"
    path.write_bytes(content)

    assert str(path) in refused(str(path))


def test_a_certificate_that_is_not_there_is_named(tmp_path):
    path = kubeconfig(tmp_path, 1)
    text = Path(path).read_text().replace('"http://', '"https://')
    text = text.replace(':1"', ':1", "certificate-authority": "/not/there"')
    Path(path).write_text(text)

    assert refused(path) == f"the kubeconfig {path} names /not/there, which does not exist"


@pytest.mark.parametrize("told", ["<html>", "[]", "{}"])
def test_what_answers_may_be_no_kubernetes(api, tmp_path, told):
    async def page(_request):
        return web.Response(text=told)

    api.on("GET /version", page)

    async def go():
        async with listening(api) as port:
            path = kubeconfig(tmp_path, port)
            with pytest.raises(Unreachable, match="is no Kubernetes API"):
                await kubernetes.open_context(path, None, namespace="x", ingress=None, capabilities=None)

    asyncio.run(go())


def test_what_can_be_found_by_asking_is_found(api, tmp_path):
    api.on("GET /apis/metrics.k8s.io", refusal(404, "NotFound", "no such group"))

    async def go():
        async with listening(api) as port:
            path = kubeconfig(tmp_path, port)
            cluster = await kubernetes.open_context(path, None, namespace="x", ingress="http://x", capabilities=None)
            await cluster.close()
            return cluster.capabilities

    assert asyncio.run(go()) == {"quota", "network-policy", "ingress"}


def test_paths_of_an_inventory_start_beside_it(api, tmp_path):
    async def go():
        async with listening(api) as port:
            kubeconfig(tmp_path, port)
            options = kubernetes.Options(kubeconfig="kubeconfig", namespace="shop")
            cluster = await kubernetes.connect(options, run="r", keep=False, folder=str(tmp_path))
            await cluster.close()
            return cluster.namespace

    assert asyncio.run(go()) == "shop"


@pytest.mark.parametrize("word", targets.names())
def test_every_kind_of_target_offers_the_same(word):
    found = targets.find(word)

    assert found.Options.model_config["extra"] == "forbid"
    assert callable(found.connect)
    assert isinstance(found.starts_its_own, bool)


def test_the_parts_are_no_kind_of_target():
    assert targets.names() == ["embedded", "k3d", "kubernetes", "minikube"]
    assert targets.find("api") is None


def test_a_python_that_is_too_new_is_bad_input(monkeypatch):
    monkeypatch.setattr("sys.version_info", (3, 13, 0, "final", 0))

    with pytest.raises(InvalidInput, match=r"needs Python 3.11 or 3.12 .*, this is 3.13"):
        embedded.supported()


def test_an_extra_that_is_not_installed_is_bad_input(monkeypatch):
    monkeypatch.setattr(embedded, "find_spec", lambda _name: None)

    with pytest.raises(InvalidInput, match=r"pip install 'e2e-run\[embedded\]'"):
        embedded.supported()


@pytest.mark.parametrize(
    ("run", "name"),
    [
        ("drill-1", "drill-1"),
        ("Shop Drill_2", "shop-drill-2"),
        ("a-very-long-name-of-a-playbook-indeed-20261121-133501-a8f6", "a-very-long-name-o-20261121-133501-a8f6"),
    ],
)
def test_a_clusters_name_is_made_of_the_runs_and_short_enough(run, name):
    assert embedded._name(run) == name
    assert len(name) <= 40


def test_a_redirect_is_not_the_api(api, tmp_path):
    async def away(_request):
        raise web.HTTPFound("http://127.0.0.1:1/login")

    api.on("GET /version", away)

    async def go():
        async with listening(api) as port:
            path = kubeconfig(tmp_path, port)
            with pytest.raises(Unreachable, match="refuses us: 302"):
                await kubernetes.open_context(path, None, namespace="x", ingress=None, capabilities=None)

    asyncio.run(go())
