"""The manifests say what Kubernetes understands, and fit together."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.client import models

SHOP = Path(__file__).parents[3] / "demo" / "jewelry-shop"
Obj = dict[str, Any]


def objects() -> list[Obj]:
    files = sorted((SHOP / "k8s").glob("*.yaml"))
    return [found for file in files for found in yaml.safe_load_all(file.read_text()) if found]


def recipes() -> list[Obj]:
    return [yaml.safe_load(file.read_text()) for file in sorted((SHOP / "images").glob("*/recipe.yaml"))]


def model(found: Obj) -> type:
    group, _, version = found["apiVersion"].rpartition("/")
    prefix = version[0].upper() + version[1:]
    name = prefix + found["kind"]
    assert hasattr(models, name), f"{group}/{version} {found['kind']}"
    return getattr(models, name)


def pod_templates() -> Iterator[tuple[str, Obj]]:
    for found in objects():
        if found["kind"] in {"Deployment", "StatefulSet"}:
            yield found["metadata"]["name"], found["spec"]["template"]


def containers() -> Iterator[tuple[str, Obj]]:
    for name, template in pod_templates():
        for container in [*template["spec"].get("initContainers", []), *template["spec"]["containers"]]:
            yield name, container


@pytest.mark.parametrize("found", objects(), ids=lambda found: f"{found['kind']}/{found['metadata']['name']}")
def test_every_object_is_one_that_the_official_client_accepts(found):
    """The client's models forbid unknown fields, so a misspelt key is seen here."""
    model(found).model_validate(found)


def test_every_image_has_a_recipe():
    known = {name for recipe in recipes() for name in [recipe.get("image"), *recipe.get("images", [])]}

    assert {container["image"] for _, container in containers()} <= known


def test_every_recipe_shows_paths_that_exist_and_has_a_dockerfile_beside_it():
    site = Path(yaml.__file__).parents[1]
    for file in (SHOP / "images").glob("*/recipe.yaml"):
        assert (file.parent / "Dockerfile").is_file()
        for source in yaml.safe_load(file.read_text()).get("paths", {}).values():
            place = source.replace("{recipe}", str(file.parent)).replace("{package:", str(site) + "/").replace("}", "")
            assert Path(place).exists(), f"{file}: {source}"


def test_everything_lies_in_the_shops_namespace():
    outside = [o["metadata"]["name"] for o in objects() if o["metadata"].get("namespace") != "jewelry-shop"]

    assert outside == ["jewelry-shop"]  # the namespace itself


def test_selectors_of_services_budgets_and_workloads_choose_pods_that_there_are():
    labels = [template["metadata"]["labels"] | {"spilo-role": "replica"} for _, template in pod_templates()]
    for found in objects():
        selector = found["spec"].get("selector") if found["kind"] in {"Service", "PodDisruptionBudget"} else None
        if not selector:
            continue
        wanted = selector.get("matchLabels", selector)
        assert any(wanted.items() <= offered.items() for offered in labels), found["metadata"]["name"]


def test_the_leader_service_has_no_selector():
    """Patroni writes its Endpoints; a selector would make the controller overwrite them."""
    (leader,) = [o for o in objects() if o["kind"] == "Service" and o["metadata"]["name"] == "jewelry-shop-db"]

    assert "selector" not in leader["spec"]


def test_patroni_keeps_what_a_failover_without_loss_needs():
    (found,) = [o for o in objects() if o["kind"] == "ConfigMap" and o["metadata"]["name"] == "jewelry-shop-db"]
    dcs = yaml.safe_load(found["data"]["patroni.yml"])["bootstrap"]["dcs"]

    assert dcs["synchronous_mode"] is True
    assert dcs["failsafe_mode"] is True
    assert dcs["primary_start_timeout"] == 0
    assert dcs["loop_wait"] + 2 * dcs["retry_timeout"] <= dcs["ttl"]
    assert "fsync" not in dcs["postgresql"]["parameters"]


def test_every_key_of_configmap_and_secret_is_one_the_application_reads():
    import sys

    sys.path.insert(0, str(SHOP / "app"))
    try:
        from shop.environment import CONFIG, SECRETS
    finally:
        sys.path.remove(str(SHOP / "app"))
    data = {o["metadata"]["name"]: o.get("data") or o.get("stringData") for o in objects()}

    assert set(data["jewelry-shop-config"]) == set(CONFIG)
    assert set(data["jewelry-shop-secrets"]) == {*SECRETS, "POSTGRES_PASSWORD", "REPLICATION_PASSWORD"}
    assert len(data["jewelry-shop-config"]["SENTINEL_HOSTS"].split(",")) == 3
    assert " " not in data["jewelry-shop-config"]["SENTINEL_HOSTS"]


def test_the_shop_asks_for_less_than_two_cores_and_four_gibibytes():
    replicas = {
        o["metadata"]["name"]: o["spec"]["replicas"] for o in objects() if o["kind"] in {"Deployment", "StatefulSet"}
    }
    replicas["django-deployment"] = 6  # as far as the HPA may go
    asked = [
        (replicas[name] * int(c["resources"]["requests"]["cpu"].rstrip("m")),
         replicas[name] * int(c["resources"]["requests"]["memory"].removesuffix("Mi")))
        for name, c in containers()
    ]  # fmt: skip

    assert sum(cpu for cpu, _ in asked) < 1500
    assert sum(memory for _, memory in asked) < 4096


def test_no_container_may_gain_rights():
    for name, container in containers():
        assert container["securityContext"]["allowPrivilegeEscalation"] is False, name
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, name
    for name, template in pod_templates():
        assert template["spec"]["securityContext"]["runAsNonRoot"] is True, name


def test_application_files_pin_the_same_versions_as_the_project():
    pins = (SHOP / "images" / "jewelry-shop-django" / "requirements.txt").read_text().split()
    project = (SHOP.parents[1] / "pyproject.toml").read_text()

    assert [pin for pin in pins if f'"{pin}' not in project] == []
