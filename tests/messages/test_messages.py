"""Every language says the same things."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from tunewright import catalogue, messages
from tunewright.errors import SettingsError
from tunewright.messages import languages, load_messages, texts_of
from tunewright.messages.numbers import is_number
from tunewright.settings import Settings, load_recipe, recipe_names
from tunewright.wish import Wish

WHOLE = ("en", "uk")
"""Languages that lack nothing."""


@pytest.mark.parametrize("language", languages())
def test_every_language_says_nothing_but_what_english_says(language: str) -> None:
    english, other = texts_of("en"), texts_of(language)
    assert other.keys() <= english.keys()
    for key, text in other.items():
        assert text.strip()
        assert sorted(re.findall(r"\{(\w*)\}", text)) == sorted(re.findall(r"\{(\w*)\}", english[key])), key


@pytest.mark.parametrize("language", WHOLE)
def test_some_say_all_there_is_to_say(language: str) -> None:
    assert texts_of(language).keys() == texts_of("en").keys()


def test_another_language_is_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "en.toml").write_text((Path(messages.__file__).parent / "en.toml").read_text())
    (tmp_path / "de.toml").write_text('language = "Deutsch"\ndecimal = ","\n[section]\ntopic = "Thema und Ziel"\n')
    monkeypatch.setattr(messages, "FOLDER", tmp_path)
    assert languages() == ["de", "en"]
    german = load_messages("de")
    assert german("section.topic") == "Thema und Ziel"
    assert german("section.task") == "Task"
    assert german.number(0.5, 1) == "0,5"


def addresses() -> set[str]:
    """Every setting that there is: of the loop, of each part, of the recipes, of composing."""
    sections = [Settings(), *map(load_recipe, recipe_names())]
    found = {
        f"{section}.{key}"
        for one in sections
        for section, own in one.model_dump().items()
        if isinstance(own, dict)
        for key in own
    }
    for section in ("corpus", "codec", "model"):
        for name in catalogue.PARTS[section]:
            parameters = inspect.signature(catalogue.find(section, name)).parameters.values()
            found |= {f"{section}.{one.name}" for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY}
    return found | {f"decoding.{one}" for one in Wish.__dataclass_fields__}


@pytest.mark.parametrize("language", WHOLE)
def test_every_setting_has_a_name(language: str) -> None:
    names = load_messages(language).group("setting")
    assert len(addresses()) > 50
    assert addresses() == names.keys()
    assert not [name for name in names.values() if name.startswith("the ")]


def test_there_are_english_and_ukrainian() -> None:
    assert set(WHOLE) <= set(languages())
    words = re.findall(r"[а-щьюяґєії]{3,}", " ".join(load_messages("uk").texts.values()).lower())
    assert len(words) > 1000
    assert not re.search("[ыэъё]", " ".join(words))


def test_a_language_without_messages_tells_which_there_are() -> None:
    with pytest.raises(SettingsError, match="--language tlh: there are: en, uk"):
        load_messages("tlh")


def test_numbers_are_written_as_the_language_does() -> None:
    english, ukrainian = load_messages("en"), load_messages("uk")
    assert english.number(12345.678, 2) == "12\u00a0345.68"
    assert ukrainian.number(12345.678, 2) == "12\u00a0345,68"
    assert ukrainian.number(-0.5, 1) == "−0,5"
    assert english.percent(0.256) == "26 %"
    assert english.number(None) == english.percent(None) == "–"
    for value in (0.0, -3.5, 12345.678):
        assert is_number(ukrainian.number(value))
        assert is_number(english.percent(value))


def test_values_of_settings_are_written_as_the_language_does() -> None:
    english, ukrainian = load_messages("en"), load_messages("uk")
    assert (english.value(0.005), ukrainian.value(0.005)) == ("0.005", "0,005")
    assert (english.value(128), english.value("adam"), ukrainian.value(True)) == ("128", "adam", "так")


def test_what_has_no_name_keeps_its_own() -> None:
    english = load_messages("en")
    assert english.named("setting", "model.hidden_size") == "hidden size"
    assert english.named("setting", "model.own_option") == "model.own_option"


@pytest.mark.parametrize("text", ["lab", "3 of 4", "0.5 to", "1.2.3", "a1", "(1)"])
def test_what_is_no_number(text: str) -> None:
    assert not is_number(text)
