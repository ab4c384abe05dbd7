"""Manifests: read, ordered, applied, waited for, and undone when asked."""

import pytest
from pydantic import ValidationError

from runner.core.verdict import Outcome
from runner.steps.deploy import Deploy
from runner.testing import FakeCluster, FakeContext, run_step

WEB = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {replicas: 1, selector: {matchLabels: {app: web}}}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
"""
CONFIG = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}, "data": {"born": "x"}}


def at(folder) -> FakeContext:
    return FakeContext(FakeCluster(), folder=str(folder))


def test_namespaces_come_first_whatever_the_order_in_the_file(tmp_path):
    (tmp_path / "web.yaml").write_text(WEB)

    verdict, seen = run_step(Deploy(path="web.yaml"), at(tmp_path))

    assert verdict.reason == "2 created, 0 configured, 0 unchanged"
    assert seen.data["objects"] == ["created Namespace/shop", "created Deployment/web"]


def test_a_second_time_nothing_changes(tmp_path):
    ctx = at(tmp_path)
    run_step(Deploy(manifests=[CONFIG]), ctx)

    verdict, _ = run_step(Deploy(manifests=[CONFIG]), ctx)

    assert verdict.reason == "0 created, 0 configured, 1 unchanged"


def test_a_folder_is_read_to_its_depth(tmp_path):
    (tmp_path / "k8s" / "deep").mkdir(parents=True)
    (tmp_path / "k8s" / "deep" / "web.yml").write_text(WEB)
    (tmp_path / "k8s" / "README.md").write_text("no manifest")

    _, seen = run_step(Deploy(path="k8s"), at(tmp_path))

    assert seen.data["created"] == 2


def test_a_date_stays_text(tmp_path):
    (tmp_path / "c.yaml").write_text("{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {born: 2026-01-01}}")
    ctx = at(tmp_path)

    run_step(Deploy(path="c.yaml"), ctx)

    assert ctx.cluster.objects["ConfigMap", "shop", "c"]["data"] == {"born": "2026-01-01"}


def test_all_mistakes_of_all_files_are_found_before_anything_is_touched(tmp_path):
    (tmp_path / "a.yaml").write_text("kind: [\n")
    (tmp_path / "b.yaml").write_text("kind: Pod\n---\njust words\n")

    found = Deploy(path=".").check_static(str(tmp_path))

    assert len(found) == 3
    assert found[0].startswith(f"path: {tmp_path / 'a.yaml'}:2: no YAML")
    assert "document 1 has no apiVersion, no metadata.name" in found[1]
    assert "document 2 is str, not a Kubernetes object" in found[2]


@pytest.mark.parametrize(
    ("path", "what"), [("missing", "no such file or folder"), ("empty", "no .yaml, .yml or .json")]
)
def test_a_path_that_leads_nowhere_is_a_mistake(tmp_path, path, what):
    (tmp_path / "empty").mkdir()

    (found,) = Deploy(path=path).check_static(str(tmp_path))

    assert what in found


def test_waiting_ends_in_a_failure_that_says_what_is_missing(tmp_path):
    (tmp_path / "web.yaml").write_text(WEB)
    ctx = at(tmp_path)

    verdict, _ = run_step(Deploy(path="web.yaml", wait=True, ready_within="20s"), ctx)

    assert verdict.outcome is Outcome.FAILED
    assert verdict.reason == (
        "not complete after 20 s: deployment/web: its controller has not seen the last change yet"
    )


def test_the_way_back_is_owed_for_what_was_created_and_only_that(tmp_path):
    ctx = at(tmp_path)
    ctx.cluster.add("ConfigMap", "web", data={})
    second = {**CONFIG, "metadata": {"name": "other"}}

    run_step(Deploy(manifests=[CONFIG, second], undo=True), ctx)

    (undo,) = ctx.undos
    assert undo.model_dump(exclude_defaults=True) == {"kind": "v1/ConfigMap", "name": "other", "run": "drill-1"}


def test_what_was_deployed_twice_is_still_known_as_ours(tmp_path):
    ctx = at(tmp_path)
    run_step(Deploy(manifests=[CONFIG], undo=True), ctx)

    verdict, _ = run_step(Deploy(manifests=[CONFIG]), ctx)

    assert verdict.reason == "0 created, 0 configured, 1 unchanged"
    assert run_step(ctx.undos[0], ctx)[0].reason == "deleted v1/ConfigMap web"


@pytest.mark.parametrize("settings", [{}, {"path": "x", "manifests": [CONFIG]}, {"manifests": [{"kind": "Pod"}]}])
def test_nothing_to_deploy_is_bad_input(settings):
    with pytest.raises(ValidationError):
        Deploy(**settings)
