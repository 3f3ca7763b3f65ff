"""Keys and meters, the signatures of all keys against scales built by hand."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate, product

import pytest

from tunewright.errors import InputError
from tunewright.music.keys import house_key, parse_key, parse_meter, signature
from tunewright.music.tune import SEMITONES, STEPS, Key

MAJOR_STEPS = [2, 2, 1, 2, 2, 2, 1]
MODES = {
    "": 0, "maj": 0, "Major": 0, " Ionian": 0, "ion": 0, "dor": 1, " Dorian": 1, "DOR": 1, "phr": 2, " Phrygian": 2,
    "lyd": 3, "Lydian": 3, "mix": 4, " Mixolydian": 4, " MIX": 4, "m": 5, "min": 5, " Minor": 5, "aeo": 5,
    "Aeolian": 5, "loc": 6, " Locrian": 6,
}  # fmt: skip
"""How each mode may be written -> the degree of a major scale on which it begins."""
TONICS = [letter + sign for letter, sign in product(STEPS, ["", "#", "b"])]


def scale(tonic: str, degree: int) -> dict[str, int]:
    """Alteration of each letter in a mode's scale, which takes the seven letters in turn from its tonic on."""
    steps = MAJOR_STEPS[degree:] + MAJOR_STEPS[:degree]
    start = SEMITONES[tonic[0]] + {"": 0, "#": 1, "b": -1}[tonic[1:]]
    heights = accumulate([start, *steps[:-1]])
    first = STEPS.index(tonic[0])
    letters = STEPS[first:] + STEPS[:first]
    plain = [SEMITONES[letter] + (12 if letter in STEPS[:first] else 0) for letter in letters]
    return {letter: height - own for letter, height, own in zip(letters, heights, plain, strict=True)}


def altered(key: Key) -> dict[str, int]:
    """The letters that a key raises or lowers."""
    return {letter: semitones for letter, semitones in signature(key).items() if semitones}


@pytest.mark.parametrize("mode", MODES)
def test_every_tonic_has_the_signature_of_its_scale(mode: str) -> None:
    for tonic in TONICS:
        expected = scale(tonic, MODES[mode])
        if max(map(abs, expected.values())) > 1:
            with pytest.raises(InputError, match="there are only 7"):
                parse_key(tonic + mode)
        else:
            key = parse_key(tonic + mode)
            assert dict(signature(key)) == expected, tonic + mode
            assert key.fifths == sum(expected.values())
            assert dict(signature(parse_key(house_key(key)))) == expected


@pytest.mark.parametrize(
    ("text", "name", "mode"),
    [
        ("G Major", "G", "major"), ("G", "G", "major"), ("CM", "C", "major"), ("E Dorian", "Edor", "dorian"),
        ("Edor", "Edor", "dorian"), ("A Mixolydian", "Amix", "mixolydian"), ("F# Minor", "F#min", "minor"),
        ("F#m", "F#min", "minor"), ("Bb", "Bb", "major"), ("Bbm", "Bbmin", "minor"), ("A  minor", "Amin", "minor"),
        ("Aphr", "Aphr", "phrygian"), ("Clyd", "Clyd", "lydian"), ("B Locrian", "Bloc", "locrian"),
        ("none", "none", "none"), ("None", "none", "none"), ("", "none", "none"),
    ],
)  # fmt: skip
def test_keys_have_one_name(text: str, name: str, mode: str) -> None:
    key = parse_key(text)
    assert (key.name, key.mode) == (name, mode)
    assert parse_key(house_key(key)) == key


@pytest.mark.parametrize(
    ("text", "letters", "house"),
    [
        ("D exp _b", {"B": -1}, "D exp _b"),
        ("D exp ^f^c", {"F": 1, "C": 1}, "D exp ^f ^c"),
        ("D exp", {}, "D exp"),
        ("Dphr ^f", {"E": -1, "B": -1, "F": 1}, "Dphr ^f"),
        ("D Phr ^F", {"E": -1, "B": -1, "F": 1}, "Dphr ^f"),
        ("^f _b", {"F": 1, "B": -1}, "^f _b"),
        ("D =c", {"F": 1}, "D =c"),
        ("G maj ^c", {"F": 1, "C": 1}, "G ^c"),
        ("C __b^^f", {"B": -2, "F": 2}, "C __b ^^f"),
        ("HP", {"F": 1, "C": 1}, "HP"),
        ("Hp", {"F": 1, "C": 1}, "Hp"),
    ],
)
def test_accidentals_of_a_key(text: str, letters: dict[str, int], house: str) -> None:
    key = parse_key(text)
    assert altered(key) == letters
    assert house_key(key) == house
    assert parse_key(house) == key


@pytest.mark.parametrize(
    "words",
    [
        "treble", "bass", "alto4", "tenor", "treble-8", "bass+8", "perc", "none", "clef=bass", "clef=G2", "octave=-1",
        "middle=d", "m=B,", "transpose=2 t=-2", "stafflines=3", "clef=alto octave=1 middle=C",
    ],
)  # fmt: skip
def test_what_is_said_of_the_staff_is_passed_over(words: str) -> None:
    for key in ("G", "E Dorian", "F#m", "D exp _b", "Dphr ^f", "Hp"):
        assert parse_key(f"{key} {words}") == parse_key(key)


@pytest.mark.parametrize("words", ["clef=alto", "treble", "octave=-1 middle=d"])
def test_a_clef_alone_has_no_signature(words: str) -> None:
    assert (parse_key(words).name, altered(parse_key(words))) == ("none", {})


@pytest.mark.parametrize("text", ["H", "Gblues", "G# Lydian", "7", "K", "G%x", "Ax minor"])
def test_what_is_no_key(text: str) -> None:
    with pytest.raises(InputError, match=text):
        parse_key(text)


@pytest.mark.parametrize(
    ("text", "name", "length", "compound"),
    [
        ("4/4", "4/4", 1, False), ("C", "C", 1, False), ("c", "C", 1, False), ("C|", "C|", 1, False),
        ("2/4", "2/4", Fraction(1, 2), False), ("3/8", "3/8", Fraction(3, 8), False),
        ("6/8", "6/8", Fraction(3, 4), True), ("9/8", "9/8", Fraction(9, 8), True),
        ("12/8", "12/8", Fraction(3, 2), True), ("6/4", "6/4", Fraction(3, 2), True), (" 4 / 4 ", "4/4", 1, False),
        ("2+3/8", "2+3/8", Fraction(5, 8), False), ("(2+3)/8", "2+3/8", Fraction(5, 8), False),
        ("2+2+3/8", "2+2+3/8", Fraction(7, 8), False), ("none", "none", 0, False), ("", "none", 0, False),
    ],
)  # fmt: skip
def test_meters(text: str, name: str, length: Fraction, compound: bool) -> None:
    meter = parse_meter(text)
    assert (meter.name, meter.bar_length, meter.compound) == (name, length, compound)
    assert parse_meter(name) == meter


@pytest.mark.parametrize("text", ["4/0", "0/4", "x", "3", "4/4 C"])
def test_what_is_no_meter(text: str) -> None:
    with pytest.raises(InputError, match=text):
        parse_meter(text)
