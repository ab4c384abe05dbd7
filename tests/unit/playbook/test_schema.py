import pytest

from runner.playbook.schema import inventory_schema, playbook_schema


def refs(value):
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [ref for item in value.values() for ref in refs(item)]
    return [ref for item in value for ref in refs(item)] if isinstance(value, list) else []


def target(schema, ref):
    for part in ref.removeprefix("#/").split("/"):
        schema = schema[part.replace("%20", " ")]
    return schema


@pytest.fixture
def schema(kinds):
    return playbook_schema(kinds.found)


def test_every_reference_of_the_schema_leads_somewhere(schema):
    assert all(target(schema, ref) is not None for ref in set(refs(schema)))


def test_every_kind_has_its_settings_and_the_keys_of_its_shape(schema, kinds):
    for word in kinds.found:
        assert word in schema["$defs"][f"step {word}"]["properties"]
    assert "within" in schema["$defs"]["step assert-pods"]["properties"]
    assert "within" not in schema["$defs"]["step kill-pod"]["properties"]
    assert "timeout" in schema["$defs"]["step kill-pod"]["properties"]
    assert "budget" in schema["$defs"]["step sql-ledger"]["properties"]


def test_a_setting_takes_a_template_but_an_expression_does_not(schema):
    fields = schema["$defs"]["AssertPods"]["properties"]

    assert any("pattern" in one for one in fields["count"]["anyOf"])
    assert not any("pattern" in one for one in fields["that"].get("anyOf", ()))


def test_a_target_takes_its_settings_below_and_beside_its_kind(kinds):
    schema = inventory_schema({"fake": kinds("scale")})

    (shape,) = schema["properties"]["targets"]["additionalProperties"]["anyOf"]
    assert set(shape["properties"]) == {"fake", "deployment", "replicas", "note"}
    assert all(target(schema, ref) is not None for ref in set(refs(schema)))
