"""Every language says the same things."""

from __future__ import annotations

import re

import pytest

from tunewright.errors import SettingsError
from tunewright.messages import languages, load_messages
from tunewright.messages.numbers import is_number


@pytest.mark.parametrize("language", languages())
def test_every_language_says_all_there_is_to_say(language: str) -> None:
    english, other = load_messages("en"), load_messages(language)
    assert other.texts.keys() == english.texts.keys()
    for key, text in other.texts.items():
        assert text.strip()
        assert sorted(re.findall(r"\{(\w*)\}", text)) == sorted(re.findall(r"\{(\w*)\}", english.texts[key])), key


def test_there_are_english_and_ukrainian() -> None:
    assert languages() == ["en", "uk"]
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


def test_what_has_no_name_keeps_its_own() -> None:
    english = load_messages("en")
    assert english.named("setting", "model.hidden_size") == "the hidden size"
    assert english.named("setting", "model.pointer_size") == "model.pointer_size"


@pytest.mark.parametrize("text", ["lab", "3 of 4", "0.5 to", "1.2.3", "a1", "(1)"])
def test_what_is_no_number(text: str) -> None:
    assert not is_number(text)
