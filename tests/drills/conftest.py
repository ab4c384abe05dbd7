"""Clusters of their own for drills, kept while they are broken and looked at, and gone afterwards."""

import itertools
import os
import re
import shutil
from pathlib import Path

import pytest

from drilling import IMAGES, Kept, localcluster

_NUMBERS = itertools.count(1)


@pytest.fixture
def cluster(tmp_path):
    """An empty cluster with a name of its own."""
    name = f"drill-{os.getpid()}-{next(_NUMBERS)}"
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
    cluster.deploy_shop()
    return cluster
