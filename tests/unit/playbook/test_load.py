import pytest

from runner.core.errors import InvalidInput
from runner.playbook.load import check_playbook
from runner.playbook.plan import Deferred, ParallelPlan, StepPlan, steps_in
from runner.playbook.variables import evaluate, render


def plays(*steps, head=""):
    lines = "\n".join(f"      {line}" for step in steps for line in step.splitlines())
    return f"{head}\nplays:\n  - name: a\n    steps:\n{lines}\n      - assert-pods: {{}}\n"


def only(plan):
    step = plan.plays[0].steps[0]
    assert isinstance(step, StepPlan)
    return step


def message(plan):
    return only(plan).step.message


@pytest.mark.parametrize(
    ("head", "play", "overrides", "expected"),
    [
        ("vars: {x: playbook}", "", {}, "playbook"),
        ("vars: {from_inventory: playbook, x: '{{ from_inventory }}'}", "", {}, "inventory"),
        ("vars: {x: playbook}", "vars: {x: play}", {}, "play"),
        ("vars: {x: playbook}", "vars: {x: play}", {"x": "override"}, "override"),
        ("vars: {base: 1, x: '{{ base }}'}", "", {"base": 2}, 2),
        ("vars: {x: outer}", "vars: {x: '{{ x }} and inner'}", {}, "outer and inner"),
        ("vars: {x: '{{ later }}', later: 5}", "", {}, 5),
        ("vars: {x: 1}", "", {"x": False}, False),
    ],
)
def test_the_stronger_variable_wins(load, head, play, overrides, expected):
    plan = load(
        f"{head}\nplays:\n  - name: a\n    {play or 'tags: []'}\n    steps:\n"
        '      - debug: "{{ x }}"\n      - assert-pods: {}\n',
        overrides,
    )

    assert message(plan) == expected


def test_an_include_gives_variables_that_beat_the_playbook_and_lose_to_the_play(load):
    text = (
        "vars: {x: playbook, y: playbook, z: playbook}\nplays:\n  - name: a\n    vars: {y: play}\n    steps:\n"
        "      - include: {file: part.yaml, vars: {x: include, y: include, z: include}}\n      - assert-pods: {}\n"
    )

    plan = load(text, {"z": "override"}, part="- debug: '{{ x }} {{ y }} {{ z }}'\n")

    assert message(plan) == "include play override"
    assert only(plan).variables == {"x": "include"}


def test_an_included_step_that_waits_keeps_the_variables_of_its_include(load):
    part = '- debug: "{{ word }} {{ killed.pods[0].name }} {{ victim }}"\n'
    text = plays(
        "- kill-pod: {selector: a}\n  register: killed",
        '- include: {file: part.yaml, vars: {word: hello, victim: "{{ killed.pods[0].uid }}"}}',
    )

    step = load(text, part=part).plays[0].steps[1]

    names = {"killed": {"pods": [{"name": "web-0", "uid": "u1"}]}, **step.variables}
    assert render(step.args, names) == {"message": "hello web-0 u1"}


def test_includes_are_found_relative_to_the_file_that_includes(load, tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "one.yaml").write_text("- include: two.yaml\n")
    (tmp_path / "deep" / "two.yaml").write_text("- debug: here\n")

    plan = load(plays("- include: deep/one.yaml", "- include: deep/one.yaml"))

    assert [step.kind for step in plan.plays[0].steps] == ["debug", "debug", "assert-pods"]
    assert only(plan).where.file == str(tmp_path / "deep" / "two.yaml")


def test_what_is_known_is_rendered_and_typed_at_load(load):
    step = only(
        load(plays('- scale: {deployment: web, replicas: "{{ n }}"}\n  timeout: "{{ t }}"', head="vars: {n: 3, t: 2m}"))
    )

    assert step.step.replicas == 3
    assert step.timeout == 120.0


def test_what_only_the_run_knows_waits_as_it_was_written(load):
    ledger = '- sql-ledger: {database: shop, password: "{{ secrets.db_password }}"}\n  budget: {rto: "{{ rto }}"}'

    step = only(load(plays(ledger, head="vars: {rto: 30s}")))

    assert step.step is None
    assert isinstance(step.args, Deferred)
    assert step.args.value["password"] == "{{ secrets.db_password }}"
    assert step.args.uses == ("secrets.db_password",)
    assert render(step.args, {"rto": "30s", "secrets": {"db_password": "hunter22"}})["budget"] == {"rto": "30s"}


def test_a_secret_is_never_rendered_at_load_even_through_variables(load):
    plan = load(plays('- debug: "{{ login.password }}"', head='vars: {login: {password: "{{ secrets.db_password }}"}}'))

    assert isinstance(plan.variables["login"], Deferred)
    assert only(plan).args.uses == ("secrets.db_password",)
    scope = {**plan.variables, "secrets": {"db_password": "hunter22"}}
    assert render(only(plan).args, scope) == {"message": "hunter22"}


def test_the_type_of_a_known_setting_is_checked_though_another_waits(load):
    with pytest.raises(InvalidInput, match="replicas: must be a whole number"):
        load(plays('- scale: {deployment: "{{ run }}", replicas: many}'))


def test_registers_of_setup_are_seen_everywhere_and_those_of_a_play_in_it(load):
    plan = load(
        "setup:\n  - assert-pods: {}\n    register: before\nhealthy:\n  - assert: before.pods\nplays:\n"
        + "".join(
            f"  - name: {name}\n    steps:\n      - assert-pods: {{}}\n        register: mine\n"
            "      - assert: mine.pods == before.pods\n"
            for name in "ab"
        )
    )

    assert len(plan.plays) == 2


def test_registers_of_branches_are_seen_after_the_join(load):
    text = plays(
        "- name: both\n  parallel:\n    - kill-pod: {selector: a}\n      register: one\n"
        "    - - debug: x\n      - kill-pod: {selector: b}\n        register: two",
        '- debug: "{{ one.pods }} {{ two.pods }}"',
    )

    node = load(text).plays[0].steps[0]

    assert isinstance(node, ParallelPlan)
    assert [[step.kind for step in branch] for branch in node.branches] == [["kill-pod"], ["debug", "kill-pod"]]
    assert [step.kind for step in steps_in((node,))] == ["kill-pod", "debug", "kill-pod"]


def test_a_loop_of_known_elements_is_rendered(load):
    step = only(
        load(plays('- debug: "{{ item.name }}"\n  loop: "{{ pods }}"', head="vars: {pods: [{name: a}, {name: b}]}"))
    )

    assert step.loop == [{"name": "a"}, {"name": "b"}]
    assert isinstance(step.args, Deferred)


def test_a_loop_over_what_was_registered_waits(load):
    text = plays("- assert-pods: {}\n  register: found", '- debug: "{{ item.name }}"\n  loop: "{{ found.pods }}"')

    step = load(text).plays[0].steps[1]

    assert isinstance(step.loop, Deferred)
    assert render(step.loop, {"found": {"pods": [1]}}) == [1]


def test_variables_that_a_step_sets_are_known_afterwards(load):
    text = plays(
        '- set-vars: {leader: "{{ run }}", n: 1}', '- set-vars: {n: "{{ n + 1 }}"}', '- debug: "{{ leader }} {{ n }}"'
    )

    assert isinstance(load(text).plays[0].steps[2].args, Deferred)


def test_the_times_of_a_probe_are_seconds(load):
    step = only(
        load(
            plays("- assert-pods: {}\n  within: 1m30s\n  for: 2s\n  every: 50ms\n  allow_empty: true\n  target: other")
        )
    )

    assert (step.within, step.hold, step.every) == (90.0, 2.0, 0.05)
    assert step.allow_empty
    assert step.target == "other"


def test_a_time_may_wait_for_the_run(load):
    text = plays("- set-vars: {patience: 3s}", '- assert-pods: {}\n  within: "{{ patience }}"')

    step = load(text).plays[0].steps[1]

    assert render(step.within, {"patience": "3s"}) == "3s"


def test_a_scalar_goes_into_the_shorthand_of_its_kind(load):
    assert message(load(plays("- debug: hello"))) == "hello"
    assert only(load(plays("- assert: ['1 == 1', '2 == 2']"))).step.that == ["1 == 1", "2 == 2"]


def test_text_with_braces_is_written_as_jinja_writes_it(load):
    assert message(load(plays("- debug: \"{{ '{{ .Name }}' }}\""))) == "{{ .Name }}"


def test_a_play_that_judges_nothing_is_warned_of(load):
    plan = load("plays:\n  - name: a\n    steps:\n      - debug: x\n")

    assert [str(one).partition(": ")[2] for one in plan.warnings] == [
        "a: judges nothing, so it can never be PASSED; add an assert-"
    ]


def test_an_override_that_nothing_uses_is_warned_of(load):
    plan = load(plays('- debug: "{{ rto }}"', head="vars: {rto: 30s}"), {"rot": "5s"})

    assert str(plan.warnings[0]).endswith('book.yaml uses it; did you mean "rto"?')


def test_without_an_inventory_a_foreign_name_is_only_warned_of(tmp_path, kinds):
    (tmp_path / "book.yaml").write_text(
        plays('- debug: "{{ from_inventory }} {{ secrets.any }}"\n  when: from_inventory')
    )

    plan = check_playbook(tmp_path / "book.yaml", kinds)

    assert [one.where.line for one in plan.warnings] == [5, 6]
    assert "the inventory must have it" in plan.warnings[0].what


def test_the_hash_covers_included_files(load):
    text = plays("- include: part.yaml")

    one, two = (load(text, part=f"- debug: {word}\n").sha256 for word in ("a", "b"))

    assert one != two


def test_the_keys_of_a_playbook_have_their_defaults(load):
    plan = load(plays())

    assert plan.name == "book"
    assert plan.allowed_on == ("local", "test")
    assert plan.plays[0].healed_within == 60.0
    assert only(plan).name == "assert-pods"


def test_a_static_when_is_kept_and_its_names_are_checked(load):
    step = only(load(plays("- deploy: {path: nowhere}\n  when: deploy_demo", head="vars: {deploy_demo: false}")))

    assert step.when == "deploy_demo"
    assert evaluate(step.when, {"deploy_demo": False}) is False
