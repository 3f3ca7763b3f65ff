from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.conftest import own_tune
from tunewright.music.ranges import compass, parse_range
from tunewright.music.reader import read_tune
from tunewright.music.transposition import transpose
from tunewright.training.augment import SEMITONES, Transposed

TEXTS = [own_tune(number) for number in range(1, 13)]
LOW = "X:1\nT:Low\nK:G\nG,A,B,C|"
ALL_KEYS = [f"X:1\nT:Scale\nK:{key}\nABcd|" for key in "C G D A E B F# F Bb Eb Ab Db".split()]
TOO_LOW = "X:1\nT:Too low\nK:G\nE,A,B,C|"


def encode(text: str) -> NDArray[np.int64]:
    return np.array([ord(letter) for letter in text], dtype=np.int64)


def decode(ids: NDArray[np.int64]) -> str:
    return "".join(map(chr, ids.tolist()))


def by_how_much(text: str, moved: str) -> int:
    first, second = (read_tune(one).notes()[0].pitches[0].midi for one in (text, moved))
    return second - first


def test_every_epoch_has_every_tune_somewhere_within_the_compass() -> None:
    transposed = Transposed(TEXTS, encode, share=1.0, seed=3)
    within = parse_range("G3-D6")
    drawn = set()
    for epoch in range(30):
        pieces = transposed.of(epoch)
        assert all(ids.dtype == np.int64 for ids in pieces)
        for text, ids in zip(TEXTS, pieces, strict=True):
            semitones = by_how_much(text, decode(ids))
            assert decode(ids) == transpose(text, semitones)
            pitches = compass(read_tune(decode(ids)))
            assert pitches is not None
            assert all(pitch.midi in within for pitch in pitches)
            drawn.add(semitones)
    assert drawn == {-5, 0, 5}  # the signatures of D and G are all that these tunes have


def test_an_epoch_follows_from_seed_and_number_alone() -> None:
    first, second, other = (Transposed(TEXTS, encode, share=0.7, seed=seed) for seed in (1, 1, 2))
    first.of(0)
    assert [ids.tolist() for ids in first.of(5)] == [ids.tolist() for ids in second.of(5)]
    assert [ids.tolist() for ids in first.of(5)] != [ids.tolist() for ids in other.of(5)]
    assert [ids.tolist() for ids in first.of(5)] != [ids.tolist() for ids in first.of(6)]


def test_what_happens_to_a_tune_does_not_hang_on_those_after_it() -> None:
    some, all_of_them = Transposed(TEXTS[:4], encode, 0.7, 1), Transposed(TEXTS, encode, 0.7, 1)
    assert [ids.tolist() for ids in some.of(2)] == [ids.tolist() for ids in all_of_them.of(2)[:4]]


@pytest.mark.parametrize(("share", "at_least", "at_most"), [(0.0, 1.0, 1.0), (0.5, 0.45, 0.65), (1.0, 0.04, 0.2)])
def test_a_share_is_transposed_and_the_rest_stands_as_it_is(share: float, at_least: float, at_most: float) -> None:
    transposed = Transposed(ALL_KEYS, encode, share, seed=1, within=parse_range("C0-C8"))
    epochs = [transposed.of(epoch) for epoch in range(40)]
    same = [decode(ids) == text for epoch in epochs for ids, text in zip(epoch, ALL_KEYS, strict=True)]
    assert at_least <= sum(same) / len(same) <= at_most


def test_a_low_tune_goes_only_up_and_one_that_nothing_fits_stays() -> None:
    texts = [LOW, TOO_LOW, *ALL_KEYS]
    transposed = Transposed(texts, encode, share=1.0, seed=1, within=parse_range("G3-C5"))
    pieces = [transposed.of(epoch)[:2] for epoch in range(60)]
    assert {by_how_much(LOW, decode(ids)) for ids, _ in pieces} == set(range(7))
    assert {by_how_much(TOO_LOW, decode(ids)) for _, ids in pieces} == set(range(3, 7))
    narrow = Transposed([TOO_LOW], encode, share=1.0, seed=1, within=parse_range("G3-A3"))
    assert all(decode(narrow.of(epoch)[0]) == TOO_LOW for epoch in range(10))


def test_every_key_is_drawn_where_a_book_has_them_all() -> None:
    transposed = Transposed(ALL_KEYS, encode, 1.0, 1, within=parse_range("C0-C8"))
    drawn = {by_how_much(ALL_KEYS[0], decode(transposed.of(epoch)[0])) for epoch in range(200)}
    assert drawn == set(SEMITONES)


def test_keys_are_drawn_as_often_as_the_tunes_have_them() -> None:
    transposed = Transposed(TEXTS, encode, 1.0, 1, within=parse_range("C0-C8"))
    drawn = Counter(read_tune(decode(ids)).key.fifths for epoch in range(200) for ids in transposed.of(epoch))
    written = Counter(read_tune(text).key.fifths for text in TEXTS)
    assert drawn.keys() == written.keys()
    for fifths in written:
        assert drawn[fifths] / drawn.total() == pytest.approx(written[fifths] / written.total(), abs=0.05)


def test_a_text_without_notes_stands_as_it_is() -> None:
    text = "X:1\nK:D\nz4|"
    assert all(decode(Transposed([text], encode, 1.0, 1).of(epoch)[0]) == text for epoch in range(5))
