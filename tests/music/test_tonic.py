from __future__ import annotations

import pytest

from tunewright.music.keys import parse_key
from tunewright.music.reader import read_tune
from tunewright.music.tonic import ends_on_tonic, tonic_ends, tonic_letter

HEADER = "X:1\nT:a\nM:4/4\nL:1/8\nK:"


@pytest.mark.parametrize(
    ("key", "letter"), [("D", "D"), ("Edor", "E"), ("F#m", "F"), ("Bb", "B"), ("HP", ""), ("none", "")]
)
def test_the_letter_of_a_tonic(key: str, letter: str) -> None:
    assert tonic_letter(parse_key(key)) == letter


@pytest.mark.parametrize(
    ("music", "ends"),
    [
        ("D\n|:A8|d8:|\n|:A8|e8:|", [True, False]),
        ("D\n|:A8|[DFA]8:|\n|:A8|[DFAd]8|]", [False, True]),
        ("Ador\nA8|e8|A4z4|]", [True]),
        ("G\n|:A8|1 G8:|2 B8|]", [False]),
        ("HP\nA8|A8|]", []),
    ],
)
def test_of_each_part_whether_it_ends_on_the_tonic(music: str, ends: list[bool]) -> None:
    assert list(tonic_ends(read_tune(HEADER + music))) == ends


@pytest.mark.parametrize(
    ("music", "ends"),
    [
        ("D\n|:A8|d8", True),
        ("D\n|:A8|d4 e4:|\n", False),
        ("F#m\nf8|", True),
        ("D\nA8|\nK:A\nA4", True),
        ("D\nD8|\nR:reel\n", True),
        ("D\n", True),
        ("HP\nA8|", True),
        ("nonsense\nA8|", True),
    ],
)
def test_whether_a_beginning_ends_on_the_tonic(music: str, ends: bool) -> None:
    assert ends_on_tonic(HEADER + music) == ends
