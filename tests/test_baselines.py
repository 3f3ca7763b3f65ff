from __future__ import annotations

import numpy as np
import pytest

from tests.conftest import as_pieces, own_tune
from tunewright.baselines import baseline_codec, fit_baselines
from tunewright.codecs.text import CharacterCodec
from tunewright.contracts import Piece
from tunewright.errors import InputError
from tunewright.evaluation.likelihood import score
from tunewright.models.copier import Copier
from tunewright.models.ngram import NGram

PIECES = [Piece("", own_tune(number), "") for number in range(12)]
CODEC = CharacterCodec.fit(PIECES)


def test_they_are_what_fitting_each_alone_gives() -> None:
    clusters = [number // 2 for number in range(10)]
    found = fit_baselines(CODEC, PIECES[:10], clusters, orders=[2, 5])
    assert list(found) == ["2-gram", "5-gram", "copier"]
    ids = [CODEC.encode(piece) for piece in PIECES[:10]]
    alone = {
        "2-gram": NGram.fit(ids, CODEC.boundary, CODEC.size, 2),
        "5-gram": NGram.fit(ids, CODEC.boundary, CODEC.size, 5),
        "copier": Copier.fit(ids, CODEC.boundary, CODEC.size, groups=clusters),
    }
    for name, model in alone.items():
        expected = score(model, CODEC, PIECES[10:]).nats  # type: ignore[arg-type]
        assert score(found[name], CODEC, PIECES[10:]).nats == pytest.approx(expected)


def test_they_count_characters_whatever_text_codec_a_model_has(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = CharacterCodec.fit([*as_pieces(["äöü"]), *PIECES], boundary="blank line")
    found = baseline_codec(lab, PIECES)
    assert isinstance(found, CharacterCodec)
    assert (found.symbols, found.boundary_kind) == (CODEC.symbols, "symbol")
    monkeypatch.setattr(CharacterCodec, "unit", "note")
    assert baseline_codec(lab, PIECES) is lab


def test_nothing_to_count_is_told() -> None:
    with pytest.raises(InputError):
        fit_baselines(CODEC, [], [])


def test_near_duplicates_of_a_cluster_do_not_vouch_for_one_another() -> None:
    twice = [*PIECES[:8], *PIECES[:8]]
    together = fit_baselines(CODEC, twice, [*range(8)] * 2)["copier"]
    apart = fit_baselines(CODEC, twice, range(16))["copier"]
    assert isinstance(together, Copier)
    assert isinstance(apart, Copier)
    # Told apart, each tune is found again word for word, and copying from the training text seems never to fail.
    assert np.all(together.from_training[-1] < apart.from_training[-1])
