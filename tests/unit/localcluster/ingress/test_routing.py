"""What nginx answers."""

import asyncio

import pytest


def test_an_unknown_host_gets_404_and_the_known_one_its_service(edge):
    async def play(front):
        await front.service("shop", await front.backend("shop"))
        await front.ingress("shop", ("shop.local", "/", "Prefix", "shop"))
        assert await front.until("shop.local", "/a?b=c", 200) == "shop /a?b=c shop.local"
        assert (await front.get("other.local", "/"))[0] == 404

    edge(play)


@pytest.mark.parametrize(
    ("kind", "path", "asked", "code"),
    [
        ("Prefix", "/shop", "/shop", 200),
        ("Prefix", "/shop", "/shop/a", 200),
        ("Prefix", "/shop/", "/shop", 200),
        ("Prefix", "/shop", "/shopping", 404),
        ("Exact", "/shop", "/shop", 200),
        ("Exact", "/shop", "/shop/", 404),
        ("ImplementationSpecific", "/shop", "/shopping", 200),
        ("Prefix", '/a"b{c', "/a%22b%7Bc/d", 200),
    ],
)
def test_a_path_type_means_what_kubernetes_says(edge, kind, path, asked, code):
    async def play(front):
        await front.service("shop", await front.backend("shop"))
        await front.ingress("shop", ("shop.local", path, kind, "shop"), ("shop.local", "/probe", "Exact", "shop"))
        await front.until("shop.local", "/probe", 200)
        assert (await front.get("shop.local", asked))[0] == code

    edge(play)


def test_a_service_without_ready_endpoints_answers_503(edge):
    async def play(front):
        await front.service("shop", await front.backend("shop"), ready=False)
        await front.ingress("shop", ("shop.local", "/", "Prefix", "shop"))
        await front.until("shop.local", "/", 503)

    edge(play)


def test_a_default_backend_takes_what_no_rule_does(edge):
    async def play(front):
        await front.service("shop", await front.backend("shop"))
        await front.service("rest", await front.backend("rest"))
        await front.ingress("shop", ("shop.local", "/x", "Prefix", "shop"))
        await front.ingress("rest", default="rest")
        assert (await front.until("nobody.local", "/", 200)).startswith("rest")
        assert (await front.until("shop.local", "/x", 200)).startswith("shop")

    edge(play)


def test_an_ingress_of_another_class_is_not_routed(edge):
    async def play(front):
        await front.service("shop", await front.backend("shop"))
        await front.ingress("mine", ("mine.local", "/", "Prefix", "shop"))
        await front.ingress("other", ("other.local", "/", "Prefix", "shop"), klass="haproxy")
        await front.until("mine.local", "/", 200)
        assert (await front.get("other.local", "/"))[0] == 404

    edge(play)


def test_a_dead_endpoint_is_passed_over(edge):
    async def play(front):
        port = await front.backend("dead")
        front.servers[0].close()
        await front.service("shop", await front.backend("alive"), port)
        await front.ingress("shop", ("shop.local", "/", "Prefix", "shop"))
        await front.until("shop.local", "/", 200)
        answers = [await front.get("shop.local", "/", method) for method in ("GET", "POST") * 5]
        assert {(code, body.split()[0]) for code, body in answers} == {(200, "alive")}

    edge(play)


def test_changing_endpoints_loses_no_request(edge):
    async def play(front):
        ports = [await front.backend("one"), await front.backend("two")]
        await front.service("shop", ports[0])
        await front.ingress("shop", ("shop.local", "/", "Prefix", "shop"))
        await front.until("shop.local", "/", 200)
        codes: list[int] = []
        seen: set[str] = set()

        async def ask():
            while len(seen) < 2 or codes.count(200) < 200:
                code, body = await front.get("shop.local", "/")
                codes.append(code)
                seen.add(body.split()[0])

        asking = asyncio.ensure_future(ask())
        for number in range(6):
            slice_ = await front.client.get("endpointslices.discovery.k8s.io", "shop-0", "default")
            slice_["ports"][0]["port"] = ports[(number + 1) % 2]
            await front.client.update("endpointslices.discovery.k8s.io", slice_)
            await asyncio.sleep(0.12)
        await asyncio.wait_for(asking, 5)
        assert set(codes) == {200}

    edge(play)


def test_the_status_names_the_published_address(edge):
    async def play(front):
        await front.service("shop", await front.backend("shop"))
        await front.ingress("shop", ("shop.local", "/", "Prefix", "shop"))
        await front.until("shop.local", "/", 200)
        await asyncio.sleep(0.05)
        found = await front.client.get("ingresses.networking.k8s.io", "shop", "default")
        assert found["status"]["loadBalancer"] == {"ingress": [{"ip": "10.96.0.1"}]}

    edge(play)


def test_an_annotation_limits_the_body(edge):
    async def play(front):
        await front.service("shop", await front.backend("shop"))
        notes = {"nginx.ingress.kubernetes.io/proxy-body-size": "1k"}
        await front.ingress("shop", ("shop.local", "/", "Prefix", "shop"), annotations=notes)
        await front.until("shop.local", "/", 200)
        reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
        writer.write(b"POST / HTTP/1.0\r\nHost: shop.local\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000)
        assert (await reader.read()).split()[1] == b"413"
        writer.close()

    edge(play)
