from __future__ import annotations

import random
from collections import Counter, defaultdict
from importlib.util import find_spec
from itertools import combinations

import pytest

from tests.conftest import own_tune
from tests.music.books import book_tunes
from tests.music.planting import IN_TWO_FOUR, SAME_METER
from tunewright.corpora.irish import IrishCorpus
from tunewright.corpora.split import split_pieces
from tunewright.music.fingerprint import Relatives, beat_grams, cluster, fingerprint, grams, intervals
from tunewright.music.reader import read_tune
from tunewright.music.tune import Tune

MELODY = "ABcA dBGE|FADF AGEC|DEFG ABcd|efge fdec|dcBA GFED|CEGc BdAF|GBdg fdBG|AcEA D4|]"
DISGUISES = SAME_METER | IN_TWO_FOUR


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


def air(number: int, meter: str = "4/4") -> str:
    """A tune of our own with notes of several lengths, in two repeated parts of eight bars."""
    chance = random.Random(f"{meter} {number}")
    beats, rhythms = {
        "4/4": (4, ["11", "11", "2"]), "2/4": (2, ["11", "2", "1hh"]), "6/8": (2, ["111", "21", "3"]),
        "3/4": (3, ["2", "11"]),
    }[meter]  # fmt: skip
    at = 8
    parts = []
    for _ in range(2):
        bars = []
        for _ in range(8):
            bar = ""
            for length in "".join(chance.choice(rhythms) for _ in range(beats)):
                at = min(max(at + chance.choice([-3, -2, -1, 1, 2, 3, 0]), 0), 13)
                bar += "CDEFGABcdefgab"[at] + {"h": "/2"}.get(length, length)
            bars.append(bar)
        parts.append("|:" + "|".join(bars) + ":|")
    key = chance.choice(["D", "G", "Am", "Edor"])
    return f"X:{number}\nT:Air {number}\nM:{meter}\nL:1/8\nK:{key}\n" + "\n".join(parts)


AIRS = [read_tune(air(number, meter)) for meter in ("4/4", "6/8", "2/4", "3/4") for number in range(10)]


def related(one: Tune, other: Tune) -> bool:
    return other in Relatives([fingerprint(one)])


def test_blind_to_key_rhythm_and_repeated_notes() -> None:
    original = read_tune(with_header(MELODY))
    transposed = read_tune(with_header(shifted(MELODY, 1), key="E"))
    slower = read_tune(with_header(MELODY, unit="1/4"))
    repeated = read_tune(with_header(MELODY.replace("A dB", "A/A/ dB")))
    assert intervals(original) == intervals(transposed) == intervals(slower) == intervals(repeated)
    assert fingerprint(original) == fingerprint(transposed) == fingerprint(repeated)
    assert grams(original) == grams(slower)


def test_the_beats_are_blind_to_what_happens_between_them() -> None:
    plain = read_tune(with_header("A2B2 c2d2|e2f2 g2a2|f2e2 d2c2|B2A2 G2F2|"))
    busy = read_tune(with_header("A/B/A/G/ B/c/B c>e (3dcd|{f}e2f2 gaa/b/a|fg e>f dAc2|B2 AG TG2 FE|"))
    assert beat_grams(busy) >= beat_grams(plain) != frozenset()
    assert not grams(plain) & grams(busy)


@pytest.mark.parametrize("disguise", DISGUISES)
def test_planted_duplicates_are_found_and_nothing_else(disguise: str) -> None:
    airs = [tune for tune in AIRS if tune.meter.name == "4/4"] if disguise in IN_TWO_FOUR else AIRS
    planted = [read_tune(DISGUISES[disguise](tune)) for tune in airs]
    numbers = cluster([fingerprint(tune) for tune in (*airs, *planted)], [str(index) for index in range(2 * len(airs))])
    assert numbers == [*range(len(airs))] * 2


def test_a_disguise_is_one() -> None:
    """Were the planted texts like their originals, the test above would say nothing."""
    for name, disguise in DISGUISES.items():
        tune = AIRS[0]
        planted = read_tune(disguise(tune))
        assert not [problem for problem in planted.problems if problem.severity == "error"], name
        assert [note.pitches for note in planted.notes()] != [note.pitches for note in tune.notes()] or (
            name in ("grace notes", "decorations", "bars halved", "lengths halved")
        ), name
    semitones = {read_tune(DISGUISES[f"transposed by {n}"](AIRS[0])).notes()[0].pitches[0].midi for n in range(1, 12)}
    first = AIRS[0].notes()[0].pitches[0].midi
    assert semitones == {first + n for n in range(1, 12)}


def test_airs_of_one_meter_are_unrelated() -> None:
    assert not [pair for pair in combinations(AIRS, 2) if related(*pair)]


@pytest.mark.parametrize("ending", ["A2 D4 z2|]", "AcEA D2 D2|]", "AcEA D3|]", "Ac A2 D2 z2|]"])
def test_another_last_bar_a_repeated_note_or_a_rest_makes_no_other_tune(ending: str) -> None:
    changed = MELODY.replace("AcEA D4|]", ending).replace("|DEFG", "|D2FG").replace("|GBdg", ":|GBzg")
    assert changed != MELODY
    assert related(read_tune(with_header(MELODY)), read_tune(with_header(changed)))


def test_near_duplicates_share_a_cluster_and_others_do_not() -> None:
    texts = [
        with_header(MELODY),
        own_tune(3),
        with_header(MELODY.replace("efge fdec", "efge dcBc")),
        own_tune(4),
        with_header(shifted(MELODY, 1), key="E"),
    ]
    numbers = cluster([fingerprint(read_tune(text)) for text in texts], texts)
    assert numbers[0] == numbers[2] == numbers[4]
    assert len({numbers[0], numbers[1], numbers[3]}) == 3


def test_a_short_tune_wants_all_it_has_or_a_good_share() -> None:
    whole = read_tune(with_header(MELODY))
    (run,) = grams(read_tune(with_header("ABcA dBGE|FADF A|")))
    assert run in grams(whole)
    assert related(whole, read_tune(with_header("ABcA dBGE|FADF A|")))
    # One run in common, and then something else.
    assert not related(whole, read_tune(with_header("ABcA dBGE|FADF ABGA|EAFB GcAd|")))
    # Less than one run: only the very same intervals count.
    assert related(read_tune(with_header("ABc|")), read_tune(with_header("DEF|")))
    assert not related(read_tune(with_header("ABc|")), read_tune(with_header("ABcB|")))
    assert not related(read_tune(with_header("A4|")), read_tune(with_header("B4|")))


@pytest.mark.parametrize("text", ["", "no tune at all"])
def test_equal_texts_are_one_cluster_even_without_music(text: str) -> None:
    assert cluster([[], []], [text, text]) == [0, 0]


def test_relatives_are_told_by_their_numbers() -> None:
    known = Relatives(fingerprint(tune) for tune in AIRS[:20])
    assert known.of(fingerprint(AIRS[7])) == [7]
    assert AIRS[7] in known
    assert AIRS[25] not in known
    known.add(fingerprint(AIRS[25]))
    known.add(fingerprint(read_tune(SAME_METER["rolls"](AIRS[7]))))
    assert known.of(fingerprint(AIRS[25])) == [20]
    assert known.of(fingerprint(AIRS[7])) == [7, 21]
    assert known.of([]) == []


@pytest.mark.parametrize("meter", ["none", "1/9999", "3/16", "12/1", "6/9999", "2/1"])
def test_odd_meters_and_endless_notes_end(meter: str) -> None:
    tune = read_tune(with_header("ABcd e9999999 fgab|" * 3, meter=meter))
    assert len(fingerprint(tune)) < 1000


def test_irish_clusters_are_small(irish_corpus: IrishCorpus) -> None:
    split = split_pieces(irish_corpus.pieces)
    assert 740 < len(set(split.clusters)) < 790
    assert max(Counter(split.clusters).values()) <= 4


@pytest.mark.parametrize("disguise", DISGUISES)
def test_planted_duplicates_of_real_tunes_are_found(irish_corpus: IrishCorpus, disguise: str) -> None:
    tunes = [read_tune(piece.text) for piece in irish_corpus.pieces]
    fitting = [tune for tune in tunes if disguise in SAME_METER or tune.meter.bar_length == 1]
    missed = [
        tune.title
        for tune in random.Random(disguise).sample(fitting, 100)
        if not related(tune, read_tune(DISGUISES[disguise](tune)))
    ]
    assert missed == []


def test_unrelated_real_tunes_of_one_type_and_key_are_not(irish_corpus: IrishCorpus) -> None:
    groups = defaultdict(list)
    for piece in irish_corpus.pieces:
        groups[piece.type, piece.key].append(piece)
    pairs = [pair for group in groups.values() for pair in combinations(group, 2) if pair[0].title != pair[1].title]
    chosen = random.Random(200).sample(pairs, 200)
    assert not [
        (one.title, other.title) for one, other in chosen if related(read_tune(one.text), read_tune(other.text))
    ]


@pytest.mark.slow
def test_over_four_books_clusters_stay_small_and_hold_what_they_must(irish_corpus: IrishCorpus) -> None:
    """5052 tunes: chains of near-duplicates don't collapse, and no two clusters share ten runs."""
    if find_spec("music21") is None:
        pytest.skip("music21, whose corpus holds three of the books, is not installed")
    books = [text for book in ("oneills1850", "ryansMammoth", "airdsAirs") for _, text in book_tunes(book)]
    texts = [piece.text for piece in irish_corpus.pieces] + books
    tunes = [read_tune(text) for text in texts]
    numbers = cluster([fingerprint(tune) for tune in tunes], texts)
    sizes = Counter(Counter(numbers).values())
    assert 3900 < len(set(numbers)) < 4200
    assert max(sizes) <= 15
    holders = defaultdict(list)
    for index, tune in enumerate(tunes):
        for run in grams(tune):
            holders[run].append(index)
    shared = Counter(pair for own in holders.values() for pair in combinations(own, 2))
    apart = [count for (one, other), count in shared.items() if numbers[one] != numbers[other]]
    assert max(apart) < 10
