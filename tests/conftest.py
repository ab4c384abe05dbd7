"""What holds for all tests."""

import pytest

# The quick ones first; last those that keep one cluster for all of them, which would slow the others down.
_ORDER = ("unit", "drills", "conformance")


def pytest_collection_modifyitems(items):
    """Order the folders, and give what runs on a whole cluster a second try: machines are noisy.

    The first failure is shown as `R`; a check that is wrong is wrong twice.
    """
    items.sort(key=lambda item: min((place for place, name in enumerate(_ORDER) if name in item.path.parts), default=0))
    for item in items:
        if item.get_closest_marker("cluster"):
            item.add_marker(pytest.mark.flaky(reruns=1))
