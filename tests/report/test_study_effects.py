"""What a study's report says of chance."""

from __future__ import annotations

import random
import statistics

import pytest

from tests.study.test_effects import planted
from tunewright.messages import load_messages
from tunewright.report.document import Paragraph
from tunewright.report.study_effects import spread_ratio, study_effects
from tunewright.report.study_figures import StudyFigures
from tunewright.study.results import Study


def noise(seed: int) -> Study:
    """Nothing but chance."""
    own = random.Random(seed)
    return planted(lambda size, rate, chance: {"validation": own.gauss(2, 0.1)})


def sentences(study: Study) -> str:
    blocks = study_effects(StudyFigures(study, load_messages("en")))
    return " ".join(block.text for block in blocks if isinstance(block, Paragraph))


def test_variants_of_nothing_but_noise_don_t_spread_wider_than_seeds() -> None:
    ratios = [spread_ratio(StudyFigures(noise(seed), load_messages("en")), "validation") for seed in range(100)]
    assert statistics.fmean(ratio for ratio in ratios if ratio is not None) < 0.5
    silent = next(seed for seed, ratio in enumerate(ratios) if ratio is not None and ratio < 1)
    assert "times as wide" not in sentences(noise(silent))


def test_a_planted_spread_is_told_by_its_size() -> None:
    """Sizes make up for 0.1 bits to either side, which is a standard deviation of 0.0894 over six variants."""
    study = planted(
        lambda size, rate, chance: {"validation": 2 + {64: 0.1, 128: 0, 256: -0.1}[size] + chance.gauss(0, 0.01)}, 20
    )
    ratio = spread_ratio(StudyFigures(study, load_messages("en")), "validation")
    assert ratio == pytest.approx(8.94, rel=0.2)
    assert "times as wide as between seeds" in sentences(study)


def test_it_tells_how_many_comparisons_chance_was_ruled_out_in() -> None:
    study = planted(lambda size, rate, chance: {"validation": chance.gauss(2, 0.1), "distance": 1 + chance.random()})
    assert "Bonferroni over 8 comparisons" in sentences(study)
