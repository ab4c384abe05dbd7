import pytest

from localcluster.apiserver.strategic import strategic_merge
from localcluster.client import ApiError

POD = "V1PodSpec"


def _names(elements):
    return [one["name"] for one in elements]


def test_containers_are_merged_by_name():
    original = {"containers": [{"name": "a", "image": "1"}, {"name": "b", "image": "1"}]}

    merged = strategic_merge(original, {"containers": [{"name": "b", "image": "2"}, {"name": "c"}]}, POD)

    assert merged["containers"] == [{"name": "a", "image": "1"}, {"name": "b", "image": "2"}, {"name": "c"}]
    assert original["containers"][1]["image"] == "1"


def test_patch_delete_takes_an_element_away():
    original = {"containers": [{"name": "a"}, {"name": "b"}]}

    merged = strategic_merge(original, {"containers": [{"name": "a", "$patch": "delete"}]}, POD)

    assert _names(merged["containers"]) == ["b"]


def test_patch_replace_replaces_a_list():
    original = {"containers": [{"name": "a"}, {"name": "b"}]}

    merged = strategic_merge(original, {"containers": [{"name": "c"}, {"$patch": "replace"}]}, POD)

    assert merged["containers"] == [{"name": "c"}]


def test_patch_replace_replaces_a_map():
    merged = strategic_merge({"strategy": {"type": "x", "a": 1}}, {"strategy": {"$patch": "replace", "b": 2}}, "")

    assert merged == {"strategy": {"b": 2}}


def test_null_deletes_a_key():
    merged = strategic_merge({"metadata": {"labels": {"role": "master", "x": "y"}}}, _labels(role=None), "V1Pod")

    assert merged["metadata"]["labels"] == {"x": "y"}


def _labels(**labels):
    return {"metadata": {"labels": labels}}


def test_endpoint_subsets_are_replaced_as_a_whole():
    """Patroni writes the leader's address so."""
    original = {"subsets": [{"addresses": [{"ip": "10.0.0.1"}], "ports": [{"port": 5432}]}]}
    patch = {"subsets": [{"addresses": [{"ip": "10.0.0.2"}]}]}

    assert strategic_merge(original, patch, "V1Endpoints")["subsets"] == patch["subsets"]


def test_the_element_order_is_set():
    original = {"containers": [{"name": "a"}, {"name": "b"}]}
    patch = {
        "$setElementOrder/containers": [{"name": "c"}, {"name": "a"}, {"name": "b"}],
        "containers": [{"name": "c"}],
    }

    assert _names(strategic_merge(original, patch, POD)["containers"]) == ["c", "a", "b"]


def test_retain_keys_drops_the_others():
    original = {"strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1}}}
    patch = {"strategy": {"$retainKeys": ["type"], "type": "Recreate"}}

    assert strategic_merge(original, patch, "V1DeploymentSpec")["strategy"] == {"type": "Recreate"}


def test_primitive_lists_lose_named_elements():
    original = {"finalizers": ["a", "b"]}

    merged = strategic_merge(original, {"$deleteFromPrimitiveList/finalizers": ["a"]}, "V1ObjectMeta")

    assert merged["finalizers"] == ["b"]


def test_ports_of_containers_and_services_have_their_own_keys():
    container = strategic_merge(
        {"ports": [{"containerPort": 80}]}, {"ports": [{"containerPort": 80, "name": "http"}]}, "V1Container"
    )
    service = strategic_merge({"ports": [{"port": 80}]}, {"ports": [{"port": 81}]}, "V1ServiceSpec")

    assert container["ports"] == [{"containerPort": 80, "name": "http"}]
    assert [one["port"] for one in service["ports"]] == [80, 81]


def test_conditions_are_merged_by_type():
    original = {"conditions": [{"type": "Ready", "status": "False"}, {"type": "Initialized", "status": "True"}]}

    merged = strategic_merge(original, {"conditions": [{"type": "Ready", "status": "True"}]}, "V1PodStatus")

    assert merged["conditions"] == [{"type": "Ready", "status": "True"}, {"type": "Initialized", "status": "True"}]


def test_an_element_without_its_merge_key_is_refused():
    with pytest.raises(ApiError) as caught:
        strategic_merge({}, {"containers": [{"image": "1"}]}, POD)

    assert caught.value.code == 400
