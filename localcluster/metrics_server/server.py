"""Serves metrics.k8s.io over http; the API server relays to it."""

import json
import logging
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from localcluster.metrics_server import documents
from localcluster.metrics_server.api import Api, ApiUnavailableError, Obj, query
from localcluster.metrics_server.rates import Rates

log = logging.getLogger(__name__)
_PATH = re.compile(
    r"^/apis/metrics\.k8s\.io/v1beta1(?:/namespaces/(?P<namespace>[^/]+))?/(?P<what>nodes|pods)(?:/(?P<name>[^/]+))?$"
)
Answer = tuple[int, Obj]


class Answers:
    """From a path to a document."""

    def __init__(self, api: Api, rates: Rates) -> None:
        self._api = api
        self._rates = rates

    def give(self, target: str) -> Answer:
        """Answer one request target, such as `/apis/metrics.k8s.io/v1beta1/nodes?labelSelector=a%3Db`."""
        parts = urlsplit(target)
        if parts.path in ("/healthz", "/livez", "/readyz"):
            ready = self._rates.ready or parts.path != "/readyz"
            return (200, {"ok": True}) if ready else (503, {"ok": False, "why": "no node was asked twice yet"})
        if parts.path.rstrip("/") == "/apis/metrics.k8s.io/v1beta1":
            return 200, documents.discovery()
        found = _PATH.match(parts.path)
        if found is None:
            return 404, documents.refusal(404, "NotFound", "the server could not find the requested resource")
        selector = parse_qs(parts.query).get("labelSelector", [""])[0]
        try:
            return self._metrics(found["what"], found["namespace"], found["name"], selector)
        except ApiUnavailableError as error:
            return 503, documents.refusal(503, "ServiceUnavailable", str(error))

    def _metrics(self, what: str, namespace: str | None, name: str | None, selector: str) -> Answer:
        scope = f"/api/v1/namespaces/{namespace}/{what}" if namespace else f"/api/v1/{what}"
        # who is asked about is looked up now: labels and names are the API server's, not ours
        owners = self._api.get(query(scope, selector))["items"]
        make = self._pod if what == "pods" else self._node
        found = [metrics for owner in owners if name in (None, owner["metadata"]["name"]) and (metrics := make(owner))]
        if name is None:
            return 200, documents.listed("PodMetrics" if what == "pods" else "NodeMetrics", found)
        if not found:
            where = f"{namespace}/{name}" if namespace else name
            message = f'{what}.metrics.k8s.io "{where}" not found'
            return 404, documents.refusal(404, "NotFound", message)
        return 200, found[0]

    def _pod(self, pod: Obj) -> Obj | None:
        uses = self._rates.pod(pod["metadata"]["namespace"], pod["metadata"]["name"])
        return documents.pod_metrics(pod, uses) if uses else None

    def _node(self, node: Obj) -> Obj | None:
        use = self._rates.node(node["metadata"]["name"])
        return documents.node_metrics(node, use) if use else None


def make_server(port: int, api: Api, rates: Rates, host: str = "") -> ThreadingHTTPServer:
    """Make the server, listening already; raises OSError."""
    answers = Answers(api, rates)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"  # the API server keeps its connection
        timeout = 60

        def do_GET(self) -> None:
            code, document = answers.give(self.path)
            body = json.dumps(document).encode()
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: probes come every other second."""

    ThreadingHTTPServer.daemon_threads = True
    return ThreadingHTTPServer((host, port), Handler)
