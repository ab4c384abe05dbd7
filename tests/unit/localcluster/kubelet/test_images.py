"""Recipes."""

import sys

import pytest

from localcluster.kubelet.images import ImageError, Images, read_recipe


@pytest.fixture
def recipe(tmp_path):
    def write(text, name="tool"):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "recipe.yaml").write_text(text)
        return tmp_path / name / "recipe.yaml"

    return write


def test_an_image_is_found_by_any_of_its_names_and_spellings(recipe, tmp_path):
    recipe("images: [busybox, quay.io/x/tool:2]\nargv: [sh]\nuid: 7\n")
    images = Images([tmp_path])

    assert images.find("docker.io/library/busybox:latest").uid == 7
    assert images.find("quay.io/x/tool:2").gid == 7


def test_paths_name_recipe_venv_python_and_packages(recipe, tmp_path):
    (tmp_path / "app").mkdir()
    page = recipe(
        'image: a\npaths: {/app: "{recipe}/../app", /p: "{python}", /v: "{venv}/bin",'
        ' /y: "{package:yaml}/__init__.py"}\n'
    )

    found = read_recipe(page).sources()

    assert found["/app"] == tmp_path / "app"
    assert found["/v"].name == "bin"
    assert str(found["/v"]).startswith(sys.prefix)
    assert found["/y"].name == "__init__.py"


def test_a_missing_package_is_named(recipe, tmp_path):
    recipe("image: a\nrequires: [json, surely_not_there]\n")

    with pytest.raises(ImageError, match="surely_not_there"):
        Images([tmp_path]).find("a")


def test_a_missing_path_is_named(recipe, tmp_path):
    recipe('image: a\npaths: {/app: "{recipe}/nothing"}\n')

    with pytest.raises(ImageError, match=r"/app is to show .*nothing, which does not exist"):
        Images([tmp_path]).find("a")


def test_an_image_without_recipe_is_an_error_with_its_full_name(tmp_path):
    with pytest.raises(ImageError, match=r"docker\.io/library/nowhere:latest") as caught:
        Images([tmp_path]).find("nowhere")

    assert caught.value.reason == "ErrImagePull"


def test_policy_never_does_not_look_again(recipe, tmp_path):
    images = Images([tmp_path])
    recipe("image: late\n")

    with pytest.raises(ImageError) as caught:
        images.find("late", "Never")

    assert caught.value.reason == "ErrImageNeverPull"
    assert images.find("late", "IfNotPresent")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("argv: [x]\n", "needs the key image"),
        ("image: a\ncomand: [x]\n", "unknown keys comand"),
        ("image: a\nargv: x\n", "argv must be a list"),
        ("image: a\nenv: [x]\n", "env must be a mapping"),
    ],
)
def test_a_bad_recipe_is_refused_with_the_reason(recipe, text, why):
    with pytest.raises(ValueError, match=why):
        read_recipe(recipe(text))


def test_a_bad_recipe_does_not_hide_the_others(recipe, tmp_path, caplog):
    recipe("{", "bad")
    recipe("image: good\n", "good")

    assert Images([tmp_path]).find("good")
    assert "bad/recipe.yaml" in caplog.text
