from __future__ import annotations

from pathlib import Path

import pytest

from tunewright.errors import SettingsError
from tunewright.settings import Settings, dump_settings, load_recipe, read_settings, recipe_names


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_is_right_and_comes_back(name: str) -> None:
    settings = load_recipe(name)
    assert settings.recipe == name
    assert settings.description
    assert read_settings(dump_settings(settings), "test") == settings


def test_the_labs_recipe_is_the_labs() -> None:
    lab = load_recipe("lab")
    training = lab.training
    assert (training.batch_size, training.length, training.iterations) == (8, 100, 3000)
    assert (training.optimiser, training.learning_rate, training.checkpoint_every) == ("adam", 5e-3, 100)
    assert lab.model.options == {"embedding_size": 256, "hidden_size": 1024}


def test_assignments() -> None:
    settings = Settings().changed(["model.hidden_size=64", "training.learning_rate=1e-2", "corpus.split=none"])
    assert settings.model.options["hidden_size"] == 64
    assert settings.training.learning_rate == 0.01
    assert settings.corpus.split == "none"
    assert Settings().model.options == {}


def test_another_corpus_leaves_the_options_of_the_former_behind() -> None:
    mine = load_recipe("lab").changed(["corpus.split=none"]).with_corpus("my tunes = all.abc")
    assert (mine.corpus.name, mine.corpus.split, mine.corpus.options) == ("my tunes = all.abc", "none", {})


@pytest.mark.parametrize("name", ["irish", "nowhere.abc", "x" * 5000])
def test_a_name_that_is_no_path_stays_as_it_is(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "irish").mkdir()
    (tmp_path / "mine").mkdir()
    assert Settings().with_corpus(name).corpus.name == name
    assert Settings().with_corpus("mine").corpus.name == str(tmp_path / "mine")


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("training.iterations", "expected section.key=value"),
        ("iterations=3", "expected section.key=value"),
        ("nothing.key=3", "section out of corpus, codec, model, training"),
        ("training.rate=3", "no setting 'training.rate'; there are: seed, iterations"),
        ("training.iterations=few", "training.iterations = 'few'"),
        ("training.optimiser=magic", "adagrad"),
        ("training.precision=float16", "training.precision = 'float16'"),
        ("training.adam_betas=[0.9, 1.0]", "training.adam_betas.1 = 1.0"),
    ],
)
def test_wrong_assignments_are_told(assignment: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Settings().changed([assignment])


def test_recipes_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[training]\niterations = 7\n")
    assert load_recipe(str(path)).training.iterations == 7
    assert load_recipe(str(path)).recipe == "mine"
    path.write_text("[training\n")
    with pytest.raises(SettingsError, match=r"mine.toml"):
        load_recipe(str(path))
    with pytest.raises(SettingsError, match=r"there are: irish, lab, lab-tensorflow"):
        load_recipe("bach")


def test_only_adam_has_betas_and_an_epsilon() -> None:
    vaswani = ["training.adam_betas=[0.9, 0.98]", "training.adam_epsilon=1e-9"]
    changed = Settings().changed(vaswani)
    assert (changed.training.adam_betas, changed.training.adam_epsilon) == ((0.9, 0.98), 1e-9)
    assert read_settings(dump_settings(changed), "test") == changed
    with pytest.raises(SettingsError, match=r"^--set: training: optimiser sgd has no adam_betas: only adam and adamw"):
        Settings().changed(["training.optimiser=sgd", vaswani[0]])
    with pytest.raises(SettingsError, match="optimiser adagrad has no adam_epsilon"):
        Settings().changed(["training.optimiser=adagrad", vaswani[1]])
    assert Settings().changed(["training.optimiser=adamw", *vaswani]).training.adam_betas == (0.9, 0.98)
