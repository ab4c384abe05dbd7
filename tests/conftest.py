"""What holds for all tests."""

import pytest


def pytest_collection_modifyitems(items):
    """Give what runs on a whole cluster a second try, on a cluster of its own again: machines are noisy.

    The first failure is shown as `R` and in the report; a check that is wrong is wrong twice.
    """
    for item in items:
        if item.get_closest_marker("cluster"):
            item.add_marker(pytest.mark.flaky(reruns=1))
