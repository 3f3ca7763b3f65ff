"""How good a run's tunes are, nothing that fails drawn again."""

from __future__ import annotations

import pytest

from tunewright.compose import compose
from tunewright.evaluation.originality import NEAR_COPY
from tunewright.evaluation.statistics import statistics
from tunewright.music.bars import is_valid
from tunewright.music.reader import read_tune
from tunewright.quality import FEWEST, held_out, quality
from tunewright.run import Run, text_sha256
from tunewright.wish import Wish


def test_under_the_constraint_every_tune_is_right(tiny_run: Run) -> None:
    found = quality(tiny_run, Wish(seed=1), 30, statistics([]))
    assert found.valid == 1
    assert 0 < found.attempts <= 30
    assert len(found.standing) + found.rejected.total() == found.attempts
    assert found.distances == {}
    assert found.distance is None


def test_free_tunes_are_counted_as_they_come(tiny_run: Run) -> None:
    """The same that `compose --free` gives and rejects, one attempt each."""
    found = quality(tiny_run, Wish(seed=1, free=True), 30, statistics([]))
    assert found.attempts == 30
    whole = [one for one in found.standing if is_valid(read_tune(one.provenance["drawn"]))]
    assert found.valid == pytest.approx(len(whole) / 30)
    firsts = [one for one in compose(tiny_run, Wish(seed=1, free=True), count=30) if one.provenance["attempt"] == 0]
    assert [one.piece.text for one in firsts] == [one.piece.text for one in found.standing]


def test_near_copies_are_told_whether_they_stand_or_not(tiny_run: Run) -> None:
    free = quality(tiny_run, Wish(seed=1, free=True), 30, statistics([]))
    assert free.near_copies == sum(one.originality.verdict == NEAR_COPY for one in free.standing)
    bound = quality(tiny_run, Wish(seed=1), 30, statistics([]))
    assert bound.near_copies == bound.rejected[NEAR_COPY]


def test_the_distance_is_from_held_out_tunes(tiny_run: Run) -> None:
    pieces, reference = held_out(tiny_run)
    assert len(pieces) == reference.tunes >= FEWEST
    learned = {row["sha256"] for row in tiny_run.split if row["part"] == "training"}
    assert not learned & {text_sha256(piece.found) for piece in pieces}
    found = quality(tiny_run, Wish(seed=1), 30, reference)
    ratios = [one.ratio for one in found.distances.values() if one.ratio]
    assert found.distance is not None
    assert min(ratios) <= found.distance <= max(ratios)


def test_a_second_greedy_tune_would_be_the_first(tiny_run: Run) -> None:
    assert quality(tiny_run, Wish(greedy=True), 10, statistics([])).attempts == 1


def test_beams_give_as_many_as_there_are(tiny_run: Run) -> None:
    assert quality(tiny_run, Wish(beams=2), 10, statistics([])).attempts <= 2
