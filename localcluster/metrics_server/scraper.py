"""Asks every node in turn, through the API server's node proxy."""

import logging
import time
from collections.abc import Callable

from localcluster.metrics_server.api import Api, ApiUnavailableError
from localcluster.metrics_server.rates import Rates

log = logging.getLogger(__name__)


class Scraper:
    """Fills the rates."""

    def __init__(self, api: Api, rates: Rates) -> None:
        self._api = api
        self._rates = rates
        self._silent: set[str] = set()

    def run(self, resolution: float, sleep: Callable[[float], None] = time.sleep) -> None:
        """Scrape every `resolution` seconds for ever; a node that does not answer is left out until it does."""
        rounds = 0
        while True:
            begun = time.monotonic()
            try:
                self.scrape()
                rounds += 1
                self._rates.ready = rounds >= 2
            except ApiUnavailableError as error:
                log.warning("cannot list nodes: %s", error)
            sleep(max(0.1, resolution - (time.monotonic() - begun)))

    def scrape(self) -> None:
        """Ask every node once; raises ApiUnavailableError when the nodes cannot be listed."""
        nodes = {item["metadata"]["name"] for item in self._api.get("/api/v1/nodes")["items"]}
        self._rates.forget(self._rates.known_nodes() - nodes)
        for node in sorted(nodes):
            self._ask(node)

    def _ask(self, node: str) -> None:
        try:
            self._rates.put(node, self._api.get(f"/api/v1/nodes/{node}/proxy/stats/summary"))
            self._silent.discard(node)
        except (ApiUnavailableError, KeyError, ValueError) as error:
            # what it told before grows old, and must not look like news
            self._rates.forget({node})
            if node not in self._silent:
                log.warning("node %s does not tell: %s", node, error)
            self._silent.add(node)
