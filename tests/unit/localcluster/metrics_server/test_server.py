"""metrics.k8s.io as the API server hears it, with a small API server of three paths behind."""

import json
import threading
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from localcluster.metrics_server.api import Api
from localcluster.metrics_server.rates import Rates
from localcluster.metrics_server.scraper import Scraper
from localcluster.metrics_server.server import make_server

PODS = {"web-1": {"app": "web"}, "web-2": {"app": "web"}, "db-0": {"app": "db"}}
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
ROOT = "/apis/metrics.k8s.io/v1beta1"


class ApiServer(BaseHTTPRequestHandler):
    """Two nodes, three pods; the second node does not answer."""

    protocol_version = "HTTP/1.1"
    second = 0.0
    hangs_up = False

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        body = self._answer(parts.path, parse_qs(parts.query).get("labelSelector", [""])[0])
        text = json.dumps(body or {}).encode()
        self.send_response(200 if body and self.headers["Authorization"] == "Bearer secret" else 502)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        self.close_connection = self.hangs_up

    def _answer(self, path: str, selector: str) -> dict | None:
        if path == "/api/v1/nodes":
            return {"items": [{"metadata": {"name": "node-1", "labels": {}}}, {"metadata": {"name": "node-2"}}]}
        if path == "/api/v1/nodes/node-1/proxy/stats/summary":
            return self._summary()
        if path.endswith("/pods"):
            items = [
                {"metadata": {"name": name, "namespace": "default", "labels": labels}} for name, labels in PODS.items()
            ]
            return {"items": [one for one in items if selector in ("", f"app={one['metadata']['labels']['app']}")]}
        return None

    def _summary(self) -> dict:
        ApiServer.second += 2.0
        moment = (BEGIN + timedelta(seconds=ApiServer.second)).isoformat()
        part = {
            "cpu": {"time": moment, "usageCoreNanoSeconds": int(ApiServer.second * 5e8)},
            "memory": {"workingSetBytes": 1048576},
        }
        pods = [
            {"podRef": {"namespace": "default", "name": name}, "containers": [{"name": "main", **part}]}
            for name in PODS
        ]
        return {"node": {"nodeName": "node-1", **part}, "pods": pods}

    def log_message(self, *_) -> None:
        """Say nothing."""


@pytest.fixture
def ask(tmp_path):
    """Ask a metrics server that has scraped twice; `ask.scraper` scrapes again."""
    token = tmp_path / "token"
    token.write_text("secret\n")
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), ApiServer)
    upstream.daemon_threads = True
    api = Api("127.0.0.1", upstream.server_port, token, None)
    rates = Rates()
    scraper = Scraper(Api("127.0.0.1", upstream.server_port, token, None), rates)
    server = make_server(0, api, rates, "127.0.0.1")
    for one in (upstream, server):
        threading.Thread(target=one.serve_forever, args=(0.01,), daemon=True).start()
    for _ in range(2):
        scraper.scrape()

    def get(path: str) -> tuple[int, dict]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}{path}", timeout=3) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    get.rates, get.upstream, get.token = rates, upstream, token
    yield get
    for one in (server, upstream):
        one.shutdown()
        one.server_close()


def _names(document: dict) -> list[str]:
    return [one["metadata"]["name"] for one in document["items"]]


def test_nodes_that_answer_have_metrics(ask):
    code, found = ask(f"{ROOT}/nodes")
    assert (code, found["kind"], _names(found)) == (200, "NodeMetricsList", ["node-1"])
    assert int(found["items"][0]["usage"]["cpu"].removesuffix("n")) == pytest.approx(5e8, rel=0.05)


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/pods", ["web-1", "web-2", "db-0"]),
        ("/namespaces/default/pods", ["web-1", "web-2", "db-0"]),
        ("/namespaces/default/pods?labelSelector=app%3Dweb", ["web-1", "web-2"]),
    ],
)
def test_pods_are_listed_as_asked(ask, path, names):
    code, found = ask(ROOT + path)
    assert (code, found["kind"], _names(found)) == (200, "PodMetricsList", names)


def test_a_pod_has_time_window_and_use_of_each_container(ask):
    _, found = ask(f"{ROOT}/namespaces/default/pods/web-1")
    assert found["kind"] == "PodMetrics"
    assert found["containers"][0]["usage"]["memory"] == "1024Ki"
    assert float(found["window"].removesuffix("s")) == pytest.approx(2, abs=0.5)
    assert found["timestamp"].endswith("Z")


def test_an_unknown_pod_is_404_and_an_unknown_path_too(ask):
    code, found = ask(f"{ROOT}/namespaces/default/pods/none")
    assert (code, found["reason"], found["message"]) == (
        404,
        "NotFound",
        'pods.metrics.k8s.io "default/none" not found',
    )
    assert ask("/apis/other")[0] == 404


def test_it_is_ready_after_two_rounds_only(ask):
    assert ask("/readyz")[0] == 503
    assert ask("/healthz")[0] == 200
    scraper_rounds = iter(range(2))

    def sleep(_: float) -> None:
        if next(scraper_rounds, None) is None:
            raise StopIteration

    scraper = Scraper(Api("127.0.0.1", ask.upstream.server_port, ask.token, None), ask.rates)
    with pytest.raises(StopIteration):
        scraper.run(0.0, sleep)
    assert ask("/readyz")[0] == 200


def test_an_api_server_that_refuses_is_503(ask):
    ask.token.write_text("wrong")
    code, found = ask(f"{ROOT}/nodes")
    assert (code, found["reason"]) == (503, "ServiceUnavailable")


def test_a_connection_that_the_api_server_closed_is_opened_again(ask, monkeypatch):
    monkeypatch.setattr(ApiServer, "hangs_up", True)
    assert [ask(f"{ROOT}/nodes")[0] for _ in range(3)] == [200, 200, 200]
