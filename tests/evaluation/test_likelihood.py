from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.conftest import own_tune
from tunewright.codecs.text import CharacterCodec
from tunewright.contracts import Piece
from tunewright.evaluation.likelihood import nats_per_symbol, score, summed
from tunewright.models.emission import Categorical
from tunewright.models.recurrent import LSTM

PIECES = [Piece("", own_tune(number)[: 40 + 30 * number], "") for number in range(1, 9)]


class Uniform:
    """A model that knows nothing."""

    emission = Categorical()

    def __init__(self, size: int) -> None:
        self.size = size

    def __call__(self, inputs: Tensor, memory: Any = None) -> tuple[Tensor, Any]:
        return torch.zeros(*inputs.shape, self.size), None


@pytest.mark.parametrize(("boundary", "ends"), [("symbol", 1), ("blank line", 2)])
def test_a_model_that_knows_nothing_pays_for_every_symbol_and_the_end(boundary: Any, ends: int) -> None:
    codec = CharacterCodec.fit(PIECES, boundary=boundary)
    result = score(Uniform(codec.size), codec, PIECES)  # type: ignore[arg-type]
    for piece, nats in zip(PIECES, result.nats, strict=True):
        assert nats == pytest.approx((len(piece.text) + ends) * math.log(codec.size), rel=1e-5)
    assert result.units == tuple(len(piece.text) for piece in PIECES)


def test_each_piece_is_scored_alone() -> None:
    torch.manual_seed(0)
    codec = CharacterCodec.fit(PIECES)
    model = LSTM(codec.size, embedding_size=8, hidden_size=16).eval()
    together = score(model, codec, PIECES, batch_size=3)
    for piece, nats in zip(PIECES, together.nats, strict=True):
        ids = torch.tensor([[*codec.boundary, *codec.encode(piece), *codec.boundary]])
        logits, _ = model(ids[:, :-1])
        assert nats == pytest.approx(model.emission.nll(logits, ids[:, 1:]).sum().item(), rel=1e-5)
    total = sum(together.nats) / math.log(2) / sum(len(piece.text) for piece in PIECES)
    assert together.bits_per_unit == pytest.approx(total)


def test_symbols_cost_what_their_piece_does() -> None:
    torch.manual_seed(0)
    codec = CharacterCodec.fit(PIECES, boundary="blank line")
    model = LSTM(codec.size, embedding_size=8, hidden_size=16).eval()
    nats = nats_per_symbol(model, codec, PIECES, batch_size=3)
    for piece, own in zip(PIECES, nats, strict=True):
        assert own.shape == (len(piece.text) + 2,)
        ids = torch.tensor([[*codec.boundary, *codec.encode(piece), *codec.boundary]])
        alone = model.emission.nll(model(ids[:, :-1])[0], ids[:, 1:])[0, 1:]
        assert own == pytest.approx(alone.detach().numpy(), rel=1e-4, abs=1e-6)
    assert summed(codec, PIECES, nats) == score(model, codec, PIECES, batch_size=3)


def test_the_scored_text_has_a_name() -> None:
    codec = CharacterCodec.fit(PIECES)
    one = score(Uniform(codec.size), codec, PIECES).sha256  # type: ignore[arg-type]
    other = score(Uniform(codec.size), codec, PIECES[:-1]).sha256  # type: ignore[arg-type]
    assert len(one) == 64
    assert one != other
