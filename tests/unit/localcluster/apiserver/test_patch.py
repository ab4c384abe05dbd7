import pytest

from localcluster.apiserver import patch
from localcluster.client import ApiError


def test_a_merge_patch_replaces_lists_and_drops_nulls():
    merged = patch.apply_patch({"a": {"b": 1, "c": [1, 2]}}, {"a": {"b": None, "c": [3]}}, patch.MERGE_PATCH, "")

    assert merged == {"a": {"c": [3]}}


def test_a_json_patch_is_a_list_of_operations():
    operations = [{"op": "test", "path": "/a", "value": 1}, {"op": "replace", "path": "/a", "value": 2}]

    assert patch.apply_patch({"a": 1}, operations, patch.JSON_PATCH, "") == {"a": 2}


def test_a_json_patch_whose_test_fails_is_refused():
    with pytest.raises(ApiError) as caught:
        patch.apply_patch({"a": 1}, [{"op": "test", "path": "/a", "value": 2}], patch.JSON_PATCH, "")

    assert caught.value.code == 422


def test_a_patch_in_an_unknown_form_is_415():
    with pytest.raises(ApiError) as caught:
        patch.read_patch("text/plain", b"{}")

    assert caught.value.code == 415


def test_a_patch_with_an_old_resource_version_is_a_conflict(cluster):
    """It is Patroni's compare-and-swap on the leader lock."""
    made = cluster.create("endpoints", {"metadata": {"name": "batman"}})
    old = {"metadata": {"resourceVersion": made["metadata"]["resourceVersion"], "annotations": {"leader": "a"}}}
    cluster.patch("endpoints", "batman", old, patch.STRATEGIC_PATCH)

    with pytest.raises(ApiError) as caught:
        cluster.patch("endpoints", "batman", old | {"subsets": []}, patch.STRATEGIC_PATCH)

    assert (caught.value.code, caught.value.reason) == (409, "Conflict")


def test_apply_creates_what_is_not_there(cluster):
    applied = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "v"}}

    cluster.patch("configmaps", "a", applied, patch.APPLY_PATCH)

    assert cluster.get("configmaps", "a")["data"] == {"k": "v"}
