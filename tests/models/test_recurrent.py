from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from tunewright.models.recurrent import GRU, LSTM, Recurrent


@pytest.fixture(params=[LSTM, GRU])
def model(request: pytest.FixtureRequest) -> Recurrent:
    torch.manual_seed(0)
    built: Recurrent = request.param(11, embedding_size=5, hidden_size=13, layers=2, dropout=0.3)
    return built.eval()


def test_the_labs_model() -> None:
    torch.manual_seed(0)
    model = LSTM(83, embedding_size=256, hidden_size=1024)
    assert sum(parameter.numel() for parameter in model.parameters()) == 5_357_395
    inputs, targets = torch.randint(0, 83, (2, 8, 100))
    logits, _ = model(inputs)
    assert model.emission.nll(logits, targets).mean().item() == pytest.approx(math.log(83), abs=0.1)


def test_the_lstm_equals_pytorchs_own() -> None:
    torch.manual_seed(1)
    model = LSTM(11, embedding_size=5, hidden_size=13, layers=2).eval()
    reference = nn.LSTM(5, 13, 2, batch_first=True)
    own = {name: value for name, value in model.named_parameters() if name.startswith("layers")}
    reference.load_state_dict({f"{name.split('.')[2][:-1]}{name.split('.')[1]}": value for name, value in own.items()})
    inputs = torch.randint(0, 11, (3, 20))
    expected = model.output(reference(model.embedding(inputs))[0])
    assert torch.allclose(model(inputs)[0], expected, atol=1e-6)


@pytest.mark.parametrize("kind", [LSTM, GRU])
def test_weight_dropout_drops_only_while_training_and_none_at_zero(kind: type[Recurrent]) -> None:
    torch.manual_seed(0)
    model = kind(11, embedding_size=5, hidden_size=13, layers=2, weight_dropout=1e-9)
    inputs = torch.randint(0, 11, (3, 20))
    plain = model.eval()(inputs)[0]
    assert torch.allclose(model.train()(inputs)[0], plain, atol=1e-6)  # the other path, with nothing dropped
    model.weight_dropout = 0.5
    assert not torch.allclose(model(inputs)[0], plain, atol=1e-3)
    assert torch.equal(model.eval()(inputs)[0], plain)


def test_locked_dropout_takes_the_same_features_at_every_step() -> None:
    model = LSTM(11, embedding_size=5, hidden_size=13, dropout=0.5).train()
    dropped = model._locked_dropout(torch.ones(4, 9, 13))
    assert torch.equal(dropped, dropped[:, :1].expand(4, 9, 13))
    assert set(dropped.flatten().tolist()) == {0.0, 2.0}


def test_the_model_can_learn_a_pattern(model: Recurrent) -> None:
    pattern = torch.arange(40).remainder(5).expand(4, 40)
    optimiser = torch.optim.Adam(model.parameters(), 0.02)
    for _ in range(60):
        logits, _ = model.train()(pattern[:, :-1])
        loss = model.emission.nll(logits, pattern[:, 1:]).mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    logits, _ = model.eval()(pattern[:, :-1])
    assert (logits.argmax(-1) == pattern[:, 1:])[:, 3:].all()
