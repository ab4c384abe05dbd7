"""Clusters of their own for drills, kept while they are broken and looked at, and gone afterwards."""

import os
import re
import shutil
from pathlib import Path

import pytest
from drilling import IMAGES, Kept, localcluster


@pytest.fixture
def cluster(request, tmp_path):
    """An empty cluster with a name of its own."""
    name = re.sub("[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[:40] + f"-{os.getpid()}"
    told = localcluster("up", name, "--images", IMAGES, "--wait", "60")
    kubeconfig = Path(re.search(r"^KUBECONFIG=(.*)$", told, re.MULTILINE)[1])
    try:
        yield Kept(name, tmp_path, kubeconfig)
    finally:
        localcluster("down", name)
        shutil.rmtree(tmp_path / "logs", ignore_errors=True)


@pytest.fixture
def shop(cluster):
    """A cluster with the whole shop Ready in it."""
    ended = cluster.run("tests/drills/shop.yaml")
    assert ended.last == "1/1 PASSED", ended.out
    return cluster
