import importlib.util
import sys
from pathlib import Path

import pytest

# importlib mode knows no neighbours: the builders are loaded under a name of their own
_spec = importlib.util.spec_from_file_location("apiserver_cluster", Path(__file__).with_name("cluster.py"))
_module = importlib.util.module_from_spec(_spec)
sys.modules["apiserver_cluster"] = _module
_spec.loader.exec_module(_module)


@pytest.fixture
def cluster():
    return _module.Cluster()
