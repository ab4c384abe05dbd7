import pytest
from apiserver_cluster import deployment, pod

from localcluster.apiserver.decode import decode
from localcluster.apiserver.resources import BY_KEY
from localcluster.client import ApiError


def test_unknown_fields_are_dropped_and_named_with_their_path():
    document = deployment()
    document["spec"]["template"]["spec"]["containers"][0]["imagge"] = "x"

    decoded = decode(BY_KEY["deployments.apps"], document)

    assert decoded.unknown == ["spec.template.spec.containers[0].imagge"]
    assert "imagge" not in decoded.obj["spec"]["template"]["spec"]["containers"][0]


def test_strict_validation_refuses_unknown_fields(cluster):
    with pytest.raises(ApiError, match=r'strict decoding error: unknown field "spec.replicsa"') as caught:
        cluster.create("deployments.apps", {**deployment(), "spec": {"replicsa": 1}}, validation="Strict")

    assert caught.value.code == 400


def test_a_wrong_type_is_told_with_its_path():
    document = deployment()
    document["spec"]["replicas"] = "two"

    with pytest.raises(ApiError, match=r"cannot unmarshal string into Go struct field Deployment.spec.replicas"):
        decode(BY_KEY["deployments.apps"], document)


def test_a_boolean_is_no_number():
    document = deployment()
    document["spec"]["replicas"] = True

    with pytest.raises(ApiError):
        decode(BY_KEY["deployments.apps"], document)


def test_missing_fields_are_told_together(cluster):
    with pytest.raises(ApiError) as caught:
        cluster.create("deployments.apps", {"metadata": {"name": "web"}, "spec": {}})

    assert caught.value.code == 422
    assert [one["field"] for one in caught.value.details["causes"]] == ["spec.selector", "spec.template"]


def test_a_number_is_a_quantity_too():
    decoded = decode(BY_KEY["pods"], pod(limits={"cpu": 1, "memory": "1024Mi"}))

    assert decoded.obj["spec"]["containers"][0]["resources"]["limits"] == {"cpu": "1", "memory": "1Gi"}


def test_a_bad_quantity_is_refused():
    with pytest.raises(ApiError, match="quantities must match"):
        decode(BY_KEY["pods"], pod(limits={"cpu": "lots"}))


def test_times_are_spelled_as_upstream_does():
    lease = {"spec": {"renewTime": "2026-01-02T03:04:05.678901+01:00"}}

    assert decode(BY_KEY["leases.coordination.k8s.io"], lease).obj["spec"]["renewTime"] == "2026-01-02T02:04:05.678901Z"


def test_secret_data_must_be_base64():
    with pytest.raises(ApiError, match="illegal base64 data"):
        decode(BY_KEY["secrets"], {"data": {"a": "%"}})
