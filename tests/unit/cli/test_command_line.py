"""The command line: bad words are one sentence and exit 2, never a traceback."""

import pytest

from runner.cli import main

GOOD = """
name: tiny
plays:
  - name: one
    tags: [a]
    steps:
      - name: true is true
        assert: {that: "1 == 1"}
"""
INVENTORY = "name: none\nclass: local\ntargets:\n  t: {kubernetes: {kubeconfig: missing.yaml}}\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tiny.yaml").write_text(GOOD)
    (tmp_path / "none.yaml").write_text(INVENTORY)
    return tmp_path


def run(capsys, *words):
    code = main(list(words))
    told = capsys.readouterr()
    assert "Traceback (most" not in told.out + told.err
    return code, told.out + told.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.yaml", "-i", "none.yaml"], "nowhere.yaml: no such playbook"),
        (["tiny.yaml"], "add -i NAME"),
        (["tiny.yaml", "-i", "moon"], "moon"),
        (["tiny.yaml", "-i", "none.yaml", "-t", "b"], "no play has the tag b"),
        (["tiny.yaml", "-i", "none.yaml", "--start-at", "ome"], 'did you mean "one"?'),
        (["tiny.yaml", "-i", "none.yaml", "--skip-tags", "a"], "no play is left to run"),
        (["tiny.yaml", "-i", "none.yaml", "--timeout", "5"], "--timeout: '5' is no duration"),
        (["tiny.yaml", "-i", "none.yaml", "--report", "pdf=x"], "write KIND=FILE"),
        (["tiny.yaml", "-i", "none.yaml", "--report", "junit=."], "--report junit=.: . is a folder"),
        (["tiny.yaml", "-i", "none.yaml", "--report", "junit=none.yaml/x"], "none.yaml is no folder"),
        ([".", "-i", "none.yaml"], ". is a folder; name its playbooks"),
        (["init", "tiny.yaml"], "tiny.yaml: cannot be written: File exists"),
        (["report", "never-was"], "no run never-was"),
        (["steps", "kill-pot"], 'did you mean "kill-pod"?'),
    ],
)
def test_a_mistake_is_one_sentence_and_exit_2(here, capsys, words, said):
    """What, what was expected, what to do; nothing was touched."""
    code, out = run(capsys, *words)

    assert (code, said in out) == (2, True), out
    assert not (here / "logs").exists()


def test_a_secret_that_is_not_there_is_told_before_anything_is_written(here, capsys):
    """The line of the inventory, and what it looked for."""
    (here / "none.yaml").write_text(INVENTORY + "secrets:\n  db: {env: NOT_SET_ANYWHERE}\n")

    code, out = run(capsys, "tiny.yaml", "-i", "none.yaml")

    assert (code, out) == (2, "none.yaml:6: secrets.db: the environment has no variable NOT_SET_ANYWHERE\n")
    assert not (here / "logs").exists()


@pytest.mark.parametrize("words", [["-i", "none.yaml"], ["--check"]])
def test_the_mistakes_of_all_playbooks_are_told_together(here, capsys, words):
    """Nobody mends one file only to hear of the next."""
    for name in ("one.yaml", "two.yaml"):
        (here / name).write_text(GOOD.replace("assert:", "asert:"))

    code, out = run(capsys, "one.yaml", "two.yaml", *words)

    assert code == 2
    assert [line.split(":")[0] for line in out.splitlines()] == ["one.yaml", "two.yaml"]


def test_logs_that_cannot_be_written_are_bad_input(here, capsys):
    """Before the system is touched: a run that leaves no trace proves nothing."""
    (here / "logs").write_text("")

    code, out = run(capsys, "tiny.yaml", "-i", "none.yaml")

    assert (code, out) == (2, "logs: cannot be written: Not a directory\n")


@pytest.mark.parametrize("words", [[], ["--check"]])
def test_a_target_that_can_never_work_here_is_bad_input(here, capsys, monkeypatch, words):
    """One sentence before anything is written, not a run of UNKNOWN plays."""
    monkeypatch.setattr("sys.version_info", (3, 14, 0, "final", 0))

    code, out = run(capsys, "tiny.yaml", "-i", "embedded", *words)

    assert (code, len(out.splitlines()), "this is 3.14" in out) == (2, 1, True), out
    assert not (here / "logs").exists()


def test_the_name_of_a_playbook_is_no_path(here, capsys):
    """Its run lies below logs/ whatever the name holds."""
    (here / "tiny.yaml").write_text(GOOD.replace("name: tiny", "name: ../../up & down"))

    run(capsys, "tiny.yaml", "-i", "none.yaml")

    (folder,) = (here / "logs").iterdir()
    assert folder.name.startswith("up-down-2")


def test_a_cluster_that_is_not_there_is_exit_3(here, capsys):
    """One sentence, and a run whose plays are all UNKNOWN."""
    code, out = run(capsys, "tiny.yaml", "-i", "none.yaml")

    assert code == 3
    assert out.splitlines()[-1] == "0/1 PASSED, 1 UNKNOWN"
    assert "missing.yaml" in out


def test_list_and_check_need_no_inventory(here, capsys):
    """For editors and pre-commit hooks."""
    assert "true is true" in run(capsys, "tiny.yaml", "--list")[1]
    assert run(capsys, "tiny.yaml", "--check") == (0, "tiny.yaml: 1 plays, nothing wrong\n")


def test_init_writes_what_check_accepts_and_overwrites_nothing(here, capsys):
    """The starter is sound; a second time it says so and exits 2."""
    assert run(capsys, "init", "new")[0] == 0
    assert run(capsys, "new/first-drill.yaml", "--check")[0] == 0
    assert run(capsys, "init", "new")[0] == 2


def test_a_report_of_a_killed_run_is_made_from_its_events(here, capsys):
    """Cut the log off anywhere: the report is there, and what had not ended is UNKNOWN."""
    run(capsys, "tiny.yaml", "-i", "none.yaml")
    (folder,) = (here / "logs").iterdir()
    log = folder / "events.jsonl"
    log.write_text("".join(log.read_text().splitlines(keepends=True)[:1]) + '{"seq": 2, "ti')

    code, out = run(capsys, "report")

    assert code == 3
    assert "0/1 PASSED, 1 UNKNOWN" in out


def test_the_manual_has_a_page_for_every_kind(here, capsys):
    """Each with an example and its settings."""
    _, table = run(capsys, "steps")
    kinds = [line.split("`")[1] for line in table.splitlines()[2:]]

    assert "kill-pod" in kinds
    for kind in kinds:
        assert "## Example" in run(capsys, "steps", kind)[1]


def test_check_warns_of_a_play_that_judges_nothing(here, capsys):
    """It can never pass; better to hear that before the drill than after."""
    (here / "vain.yaml").write_text("name: vain\nplays:\n  - name: one\n    steps:\n      - debug: {message: hello}\n")

    code, out = run(capsys, "vain.yaml", "--check")

    assert (code, "warning: vain.yaml:3: " in out) == (0, True), out


@pytest.mark.parametrize("words", [["schema"], ["schema", "--inventory"]])
def test_schemas_name_every_word_of_the_language(here, capsys, words):
    """Editors complete step kinds and target kinds alike."""
    word = "k3d" if "--inventory" in words else "kill-pod"

    code, out = run(capsys, *words)

    assert (code, f'"{word}"' in out) == (0, True)
