"""Run it in a pod: `python -m localcluster.metrics_server --port 10250`."""

import argparse
import logging
import signal
import sys
import threading

from localcluster.metrics_server.api import Api
from localcluster.metrics_server.rates import Rates
from localcluster.metrics_server.scraper import Scraper
from localcluster.metrics_server.server import make_server


def main() -> None:
    """Scrape and serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m localcluster.metrics_server", description=main.__doc__)
    parser.add_argument("--port", type=int, default=10250)
    parser.add_argument("--metric-resolution", type=float, default=2.0, metavar="SECONDS")
    given = parser.parse_args()
    logging.basicConfig(format="%(asctime)s %(levelname).1s %(message)s", level=logging.INFO)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    rates = Rates()
    scraper = Scraper(Api.in_cluster(), rates)
    threading.Thread(target=scraper.run, args=(given.metric_resolution,), daemon=True, name="scraper").start()
    with make_server(given.port, Api.in_cluster(), rates) as server:
        server.serve_forever(poll_interval=60)


if __name__ == "__main__":
    main()
