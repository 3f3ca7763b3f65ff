"""Copies are told from tunes."""

from __future__ import annotations

import itertools
import json
import random
from dataclasses import replace

import numpy as np
import pytest

from tests.conftest import own_tune
from tests.music.planting import IN_TWO_FOUR, SAME_METER, Sound, written
from tests.music.test_fingerprint import air
from tunewright.corpora.irish import IrishCorpus
from tunewright.corpora.split import split_pieces
from tunewright.evaluation.originality import (
    LEAST,
    NEAR_COPY,
    ORIGINAL,
    Originality,
    calibrated,
    found_share,
    human_limit,
    measure,
    near_told,
    shared_notes,
    told,
)
from tunewright.evaluation.tune_index import TuneIndex
from tunewright.music.fingerprint import Relatives, fingerprint
from tunewright.music.pieces import piece_of
from tunewright.music.reader import read_tune
from tunewright.music.tune import Tune

METERS = ("4/4", "6/8", "2/4", "3/4")
PIECES = [piece_of(air(number, meter), f"airs, {meter} {number}") for meter in METERS for number in range(10)]
AIRS = [read_tune(piece.text) for piece in PIECES]
INDEX = TuneIndex.of(AIRS, PIECES)
COMMON = [tune for tune in AIRS if tune.meter.name == "4/4"]
DISGUISES = SAME_METER | IN_TWO_FOUR


def spliced(one: Tune, other: Tune) -> Tune:
    """The first part of one, the second of another."""
    return read_tune(written(replace(one, bars=(*one.bars[:8], *other.bars[8:]))))


def foreign(number: int) -> Tune:
    """An air that the index doesn't know."""
    return read_tune(air(100 + number))


@pytest.mark.parametrize("disguise", DISGUISES)
def test_planted_copies_are_found_and_their_originals_named(disguise: str) -> None:
    for tune in COMMON if disguise in IN_TWO_FOUR else AIRS:
        found = measure(INDEX, read_tune(DISGUISES[disguise](tune)))
        assert found.verdict == NEAR_COPY
        assert found.nearest[0].title == tune.title
        assert found.nearest[0].near_duplicate
        assert found.nearest[0].share > 0.85


def test_two_spliced_are_found_and_both_named() -> None:
    for one, other in itertools.pairwise(COMMON):
        found = measure(INDEX, spliced(one, other))
        assert found.verdict == NEAR_COPY
        assert found.score < 0.05
        assert {near.title for near in found.nearest[:2]} == {one.title, other.title}
        assert all(0.3 < near.share < 0.7 for near in found.nearest[:2])


def test_a_copy_with_single_notes_changed_is_found() -> None:
    def changed(sound: Sound, chance: random.Random) -> list[Sound]:
        neighbour = replace(sound, tones=(sound.tones[0].neighbour(chance.choice([-2, 2])),))
        return [neighbour if chance.random() < 0.04 else sound]

    for tune in COMMON:
        copy = read_tune(written(tune, ornament=changed))
        assert [note.pitches for note in copy.notes()] != [note.pitches for note in tune.notes()]
        assert measure(INDEX, copy).score < 0.5
        assert measure(INDEX, copy).nearest[0].title == tune.title


def test_other_tunes_are_original() -> None:
    for number in range(10):
        found = measure(INDEX, foreign(number))
        assert found.verdict == ORIGINAL
        assert found.score > 0.8


def test_what_is_told_of_a_copy() -> None:
    tune = COMMON[2]
    found = measure(INDEX, read_tune(written(tune, semitones=3)))
    near, notes = found.nearest[0], len(tune.notes())
    assert (found.score, found.found_anywhere, found.bars_found) == (0, 1, 1)
    assert (near.origin, near.key, near.transposition, near.share) == ("airs, 4/4 2", tune.key.name, 3, 1)
    assert near.bars == tuple(range(1, 17))
    assert near.text == PIECES[2].text
    assert found.longest_run == near.longest_run
    assert (near.longest_run.notes, near.longest_run.bars, near.longest_run.by) == (notes, 16, "melody")
    assert found.title_known == ()
    sentence = f"{told(found)}. {near_told(near)}"
    assert "Near-copy, 0.00: 100 % of its notes" in sentence
    assert f"{tune.title} (airs, 4/4 2)" in sentence
    assert "3 semitones higher here" in sentence
    assert f"{notes} notes in a row (16 whole bars)" in sentence


def test_titles_are_known_whatever_the_music() -> None:
    named = replace(foreign(0), title="The AIR 3!")
    assert measure(INDEX, named).title_known == tuple(f"airs, {meter} 3" for meter in METERS)
    assert "its title is that of a known tune (airs, 4/4 3, " in told(measure(INDEX, named))
    assert measure(INDEX, replace(named, title="")).title_known == ()


def test_json_tells_it_all_but_the_known_tunes() -> None:
    found = measure(INDEX, AIRS[0])
    content = found.to_dict()
    assert json.loads(json.dumps(content)) == content
    assert content["verdict"] == NEAR_COPY
    assert set(content["nearest"][0]) == {
        "title", "origin", "key", "transposition", "share", "bars", "longest_run", "near_duplicate",
    }  # fmt: skip
    assert PIECES[0].text not in json.dumps(content)


def test_notes_that_were_given_do_not_count() -> None:
    one, other = COMMON[0], foreign(3)
    tune = spliced(one, other)
    given = sum(len(bar.notes) for bar in one.bars[:8])
    assert measure(INDEX, tune).verdict == NEAR_COPY
    left = measure(INDEX, tune, given)
    assert left.verdict == ORIGINAL
    assert left.score > 0.8
    everything = measure(INDEX, one, len(one.notes()))
    assert (everything.score, everything.verdict, everything.nearest) == (1, ORIGINAL, ())


@pytest.mark.parametrize("body", ["", "z4|", "A4|", "ABc|"])
def test_next_to_nothing_is_original(body: str) -> None:
    found = measure(INDEX, read_tune(f"X:1\nM:4/4\nL:1/4\nK:D\n{body}"))
    assert (found.score, found.verdict, found.longest_run, found.nearest) == (1, ORIGINAL, None, ())
    assert "100 %" not in told(found)


def test_a_short_tune_whole_in_another_is_found() -> None:
    short = read_tune("X:1\nM:4/4\nL:1/8\nK:D\n" + "DEGA Bdge|d4 z4|")
    longer = piece_of("X:1\nT:Longer\nM:4/4\nL:1/8\nK:D\nDEGA Bdge|d2f2 a2f2|d2cB AGFE|D8|", "one")
    found = measure(TuneIndex.of([read_tune(longer.text)], [longer]), short)
    assert found.score == 0


def test_known_tunes_are_held_out_with_their_clusters() -> None:
    copy = piece_of(written(AIRS[0], semitones=2), "a copy")
    tunes, pieces = [*AIRS, read_tune(copy.text)], [*PIECES, copy]
    index = TuneIndex.of(tunes, pieces)
    apart = calibrated(index, tunes, [*range(len(AIRS)), 0])
    assert apart.usual.tolist() == sorted(apart.usual.tolist())
    assert len(apart.usual) == len(tunes)
    assert apart.usual.max() < 0.5
    taken_for_two = calibrated(index, tunes, range(len(tunes)))
    assert taken_for_two.usual.tolist()[-2:] == [1, 1]


def test_the_limit_follows_the_book_within_reason() -> None:
    def limit(shares: list[float]) -> float:
        return human_limit(INDEX.with_usual(np.array(shares, np.float32)))

    assert limit([]) == limit([0.0] * 100) == LEAST
    assert limit([0.7] * 100) == pytest.approx(0.7)
    assert limit([1.0] * 100) == 0.9


def test_the_percentile_is_of_human_tunes() -> None:
    index = INDEX.with_usual(np.array([0.0, 0.0, 0.2, 0.4], np.float32))
    assert measure(index, AIRS[0]).human_percentile == 100
    assert measure(index, read_tune("X:1\nM:4/4\nL:1/4\nK:D\nABc|")).human_percentile == 0


def test_shared_notes_are_those_of_both_tunes() -> None:
    one, other = COMMON[0], COMMON[1]
    tune = spliced(one, other)
    here, there = shared_notes(tune, one)
    half = sum(len(bar.notes) for bar in one.bars[:8])
    assert set(range(half)) <= set(here)
    assert len(here) < half + 12
    assert set(range(half)) <= set(there)
    assert shared_notes(foreign(0), foreign(1)) == ([], [])


def test_near_duplicates_are_those_of_the_fingerprint() -> None:
    numbers = range(40)
    tunes = [read_tune(own_tune(number)) for number in numbers]
    index = TuneIndex.of(tunes, [piece_of(own_tune(number), str(number)) for number in numbers])
    relatives = Relatives(map(fingerprint, tunes))
    for number in range(0, 40, 4):
        for bars in (3, 4, 6, 8):
            query = spliced_at(tunes[number], tunes[number + 1], bars)
            near = {int(one.origin) for one in measure(index, query).nearest if one.near_duplicate}
            related = set(relatives.of(fingerprint(query)))
            assert near <= related
            assert bool(near) == bool(related)


def spliced_at(one: Tune, other: Tune, bars: int) -> Tune:
    return read_tune(written(replace(one, bars=(*one.bars[:bars], *other.bars[bars:]))))


def test_on_real_tunes_copies_are_found_and_hardly_any_held_out_tune_is_flagged(irish_corpus: IrishCorpus) -> None:
    split = split_pieces(irish_corpus.pieces)
    pieces = split.select(irish_corpus.pieces, "training")
    tunes = [read_tune(piece.text) for piece in pieces]
    clusters = [number for part, number in zip(split.parts, split.clusters, strict=True) if part == "training"]
    index = calibrated(TuneIndex.of(tunes, pieces), tunes, clusters)
    held_out = [read_tune(p.text) for part in ("validation", "test") for p in split.select(irish_corpus.pieces, part)]
    flagged = [measure(index, tune).verdict == NEAR_COPY for tune in held_out]
    assert sum(flagged) <= 0.02 * len(flagged)
    chance = random.Random(0)
    for tune in chance.sample(tunes, 30):
        name = chance.choice(list(SAME_METER))
        assert verdict_of(index, SAME_METER[name](tune)) == NEAR_COPY, (tune.title, name)
        other = chance.choice([one for one in tunes if one.meter == tune.meter])
        half = spliced_at(tune, replace(other, bars=other.bars), len(tune.bars) // 2)
        assert measure(index, half).verdict == NEAR_COPY, (tune.title, other.title)


def verdict_of(index: TuneIndex, text: str) -> str:
    found: Originality = measure(index, read_tune(text))
    return found.verdict


def test_the_share_is_of_the_tunes_that_count() -> None:
    among = np.arange(len(AIRS)) != 5
    assert found_share(INDEX, AIRS[5]) == 1
    assert found_share(INDEX, AIRS[5], among) < 0.5
