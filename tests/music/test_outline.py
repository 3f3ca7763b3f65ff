from __future__ import annotations

from hypothesis import given

from tests.music.tunes import tunes
from tunewright.music.fingerprint import melody
from tunewright.music.outline import is_outline, outline
from tunewright.music.reader import read_tune
from tunewright.music.writer import write

TUNE = read_tune("X:7\nT:A title\nR:reel\nM:C\nL:1/8\nK:D\n|:A2 A>B [DF^d]z(3cdc|{f}=c4 ^c4:|\n")


def test_an_outline_is_known_by_its_looks() -> None:
    assert is_outline(outline(TUNE))
    assert not is_outline(write(TUNE))


def test_pitches_and_nothing_else() -> None:
    assert outline(TUNE) == "X:1\nT:A title\nM:none\nL:1/4\nK:D\nA B ^d c d c =c ^c |]"


@given(tunes())
def test_an_outline_has_the_melody_of_its_tune(text: str) -> None:
    tune = read_tune(text)
    assert melody(read_tune(outline(tune))).pitches == melody(tune).pitches
