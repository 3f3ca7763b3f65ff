from __future__ import annotations

import pytest

from tests.conftest import own_tune
from tunewright.corpora.irish import IrishCorpus
from tunewright.music.fingerprint import cluster, fingerprint, intervals
from tunewright.music.reader import read_tune

MELODY = "ABcA dBGE|FADF AGEC|DEFG ABcd|efge fdec|dcBA GFED|CEGc BdAF|GBdg fdBG|AcEA D4|]"


def with_header(body: str, key: str = "D", unit: str = "1/8", meter: str = "4/4") -> str:
    return f"X:1\nT:T\nM:{meter}\nL:{unit}\nK:{key}\n{body}"


def shifted(text: str, steps: int) -> str:
    """Every letter moved on the scale; with the key moved alike, a transposition."""
    scale = [letter + mark for mark, letters in ((",", "CDEFGAB"), ("", "CDEFGAB")) for letter in letters]
    scale += [letter + mark for mark in ("", "'") for letter in "cdefgab"]
    out = []
    for character in text:
        out.append(scale[scale.index(character) + steps] if character in scale else character)
    return "".join(out)


def test_blind_to_key_rhythm_and_repeated_notes() -> None:
    original = read_tune(with_header(MELODY))
    transposed = read_tune(with_header(shifted(MELODY, 1), key="E"))
    slower = read_tune(with_header(MELODY, unit="1/4"))
    repeated = read_tune(with_header(MELODY.replace("A dB", "AA dB")))
    assert intervals(original) == intervals(transposed) == intervals(slower) == intervals(repeated)
    assert fingerprint(original) == fingerprint(transposed)


def test_near_duplicates_share_a_cluster_and_others_do_not() -> None:
    texts = [
        with_header(MELODY),
        own_tune(3),
        with_header(MELODY.replace("efge fdec", "efge dcBc")),
        own_tune(4),
        with_header(shifted(MELODY, 1), key="E"),
    ]
    numbers = cluster([read_tune(text) for text in texts], texts)
    assert numbers[0] == numbers[2] == numbers[4]
    assert len({numbers[0], numbers[1], numbers[3]}) == 3


@pytest.mark.parametrize("text", ["", "no tune at all"])
def test_equal_texts_are_one_cluster_even_without_music(text: str) -> None:
    assert cluster([None, None], [text, text]) == [0, 0]


def test_irish_clusters_are_small(irish_corpus: IrishCorpus) -> None:
    texts = [piece.text for piece in irish_corpus.pieces]
    numbers = cluster([read_tune(text) for text in texts], texts)
    assert 700 < len(set(numbers)) < 804
    assert max(numbers.count(number) for number in set(numbers)) <= 6
