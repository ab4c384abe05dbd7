"""Which commands of the shop's guide run as they stand, and what the others do instead."""

import re
import time
from pathlib import Path

import pytest
import yaml

SNIPPETS = yaml.safe_load((Path(__file__).parent / "snippets.yaml").read_text())
WATCH_SECONDS = 60
PAUSE_SECONDS = 0.5


@pytest.mark.cluster
def test_the_guides_commands_run_or_differ_as_written(shop):
    """In the guide's order, on one shop: later ones build on what earlier ones made."""
    assert [sentence for snippet in SNIPPETS if (sentence := wrong(shop, snippet))] == []


def wrong(shop, snippet):
    """What is not as the table says; empty when all is."""
    deadline = time.monotonic() + (WATCH_SECONDS if snippet.get("watch") else 0)
    while True:
        done = shop.attempt(snippet["run"])
        out, codes = done.stdout + done.stderr, snippet.get("code", 0)
        right = done.returncode in (codes if isinstance(codes, list) else [codes])
        if right and re.search(snippet["shows"], out):
            return ""
        if time.monotonic() >= deadline:
            return f"{snippet['title']}: exit {done.returncode}, wanted {codes} and {snippet['shows']!r}: {out[-400:]}"
        time.sleep(PAUSE_SECONDS)
