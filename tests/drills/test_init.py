"""The first drill of somebody who has just installed this."""

import pytest

from drilling import e2e_run


@pytest.mark.cluster
def test_the_drill_that_init_writes_is_green_in_an_empty_folder(tmp_path):
    """Two commands, nothing else on the machine."""
    wrote = e2e_run("init", cwd=tmp_path)
    ended = e2e_run("first-drill.yaml", "-i", "mine", cwd=tmp_path, timeout=200)

    assert wrote.code == 0, wrote.out
    assert wrote.last == "now: e2e-run first-drill.yaml -i mine"
    assert ended.last == "2/2 PASSED", ended.out
    assert ended.code == 0
