from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.conftest import own_tune
from tunewright.codecs.text import CharacterCodec
from tunewright.contracts import Piece
from tunewright.evaluation import likelihood
from tunewright.evaluation.likelihood import HeldOut, costs, nats_per_symbol, score, summed
from tunewright.models.emission import Categorical
from tunewright.models.recurrent import LSTM
from tunewright.models.transformer import Transformer

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


def model_of(name: str, size: int) -> Any:
    torch.manual_seed(0)
    if name == "lstm":
        return LSTM(size, embedding_size=8, hidden_size=16).eval()
    return Transformer(size, hidden_size=12, heads=3, layers=2, context=30).eval()


@pytest.mark.parametrize("name", ["lstm", "transformer"])
@pytest.mark.parametrize("window", [1, 7, 50, 69])
def test_long_pieces_are_read_on_in_windows(name: str, window: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finished ones leave, and none costs anything else than in one go; never more than a window is read at once."""
    codec = CharacterCodec.fit(PIECES, boundary="blank line")
    model = model_of(name, codec.size)
    whole = nats_per_symbol(model, codec, PIECES)
    shapes = []
    model.register_forward_hook(lambda _, given, told: shapes.append(tuple(told[0].shape[:2])))
    monkeypatch.setattr(likelihood, "WINDOW", window)
    parts = nats_per_symbol(model, codec, PIECES, batch_size=24)
    for own, other in zip(whole, parts, strict=True):
        assert own == pytest.approx(other, rel=1e-4, abs=1e-5)
    assert max(time for _, time in shapes) <= window
    read = sum(rows * time for rows, time in shapes)
    symbols = sum(len(own) + 1 for own in whole)
    assert symbols <= read < symbols + len(PIECES) * window


def test_targets_cost_what_pytorch_says() -> None:
    torch.manual_seed(0)
    logits, targets = torch.randn(3, 5, 7), torch.randint(0, 7, (3, 5))
    told = costs(Categorical(), logits, targets, label_smoothing=0.2)
    judge = torch.nn.CrossEntropyLoss(reduction="none", label_smoothing=0.2)
    assert torch.allclose(told.smoothed, judge(logits.flatten(0, 1), targets.flatten()).view(3, 5), atol=1e-6)
    assert torch.equal(told.nats, Categorical().nll(logits, targets))
    assert torch.equal(told.right.bool(), logits.argmax(-1) == targets)


class Counting(CharacterCodec):
    """Tells how often it encodes."""

    encoded = 0

    def encode(self, piece: Piece) -> Any:
        type(self).encoded += 1
        return super().encode(piece)


def test_held_out_pieces_are_encoded_once_and_measured_by_every_symbol() -> None:
    codec = Counting.fit(PIECES)
    model = model_of("lstm", codec.size)
    held_out = HeldOut(codec, PIECES, label_smoothing=0.1)
    told = held_out(model)
    assert told == held_out(model)
    assert Counting.encoded == len(PIECES)
    result = score(model, codec, PIECES)
    symbols = sum(len(piece.text) + 1 for piece in PIECES)
    assert told.bits_per_unit == pytest.approx(result.bits_per_unit)
    assert told.loss == pytest.approx(sum(result.nats) / symbols)
    assert told.smoothed > told.loss
    right = 0
    for piece in PIECES:
        ids = torch.tensor([[*codec.boundary, *codec.encode(piece), *codec.boundary]])
        right += int((model(ids[:, :-1])[0].argmax(-1) == ids[:, 1:]).sum())
    assert told.accuracy == pytest.approx(right / symbols)


def test_beginnings_cost_what_they_cost_in_whole_pieces() -> None:
    codec = CharacterCodec.fit(PIECES)
    model = model_of("lstm", codec.size)
    read = 100
    assert any(len(piece.text) <= read for piece in PIECES)
    nats = [own if len(own) <= read + 1 else own[:read] for own in nats_per_symbol(model, codec, PIECES)]
    told = HeldOut(codec, PIECES, most_symbols=read)(model)
    assert told.loss == pytest.approx(sum(own.sum() for own in nats) / sum(map(len, nats)))
    units = sum(min(read, len(piece.text)) for piece in PIECES)
    assert told.bits_per_unit == pytest.approx(sum(own.sum() for own in nats) / math.log(2) / units)
