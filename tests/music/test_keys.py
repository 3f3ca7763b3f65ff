from __future__ import annotations

import pytest

from tunewright.errors import InputError
from tunewright.music.keys import parse_key, parse_meter, signature


@pytest.mark.parametrize(
    ("text", "name", "fifths"),
    [
        ("G Major", "G", 1), ("G", "G", 1), ("E Dorian", "Edor", 2), ("Edor", "Edor", 2), ("A Mixolydian", "Amix", 2),
        ("F# Minor", "F#min", 3), ("F#m", "F#min", 3), ("Bb", "Bb", -2), ("D Minor", "Dmin", -1), ("none", "none", 0),
        ("Aphr", "Aphr", -1), ("Clyd", "Clyd", 1),
    ],
)  # fmt: skip
def test_keys(text: str, name: str, fifths: int) -> None:
    key = parse_key(text)
    assert (key.name, key.fifths) == (name, fifths)


def test_signatures_follow_the_circle_of_fifths() -> None:
    assert {step for step, sign in signature(parse_key("D")).items() if sign == 1} == {"F", "C"}
    assert {step for step, sign in signature(parse_key("Eb")).items() if sign == -1} == {"B", "E", "A"}
    assert set(signature(parse_key("C")).values()) == {0}


@pytest.mark.parametrize("text", ["H", "Gblues", "G# Lydian", "7"])
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(InputError, match=text):
        parse_key(text)


def test_meters() -> None:
    assert [parse_meter(text).bar_length for text in ("6/8", "C", "C|", "2+3/8", "none")] == [0.75, 1, 1, 0.625, 0]
    with pytest.raises(InputError, match="4/0"):
        parse_meter("4/0")
