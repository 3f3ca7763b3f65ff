from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tunewright.contracts import Constraint, Filter
from tunewright.decoding.beam import BeamResult, Hypothesis, beam_search
from tunewright.decoding.filters import greedy, temperature, top_k
from tunewright.decoding.unconstrained import Unconstrained
from tunewright.errors import DecodingError
from tunewright.models.emission import Categorical
from tunewright.models.recurrent import GRU, LSTM

END = 2
Ids = tuple[int, ...]


class Recollection:
    """A model whose every prediction depends on all that came before. Memory: a number that tells the past of a row.

    Its logits are a function of the past, so that they are the same on every machine.
    """

    emission = Categorical()
    pasts = 7919

    def __init__(self, size: int = 3, seed: int = 0, sharpness: float = 3.0) -> None:
        self.size = size
        numbers = torch.arange(1, self.pasts * size + 1, dtype=torch.float64).view(self.pasts, size)
        self.table = (sharpness * torch.sin(numbers * (12.9898 + seed) + numbers**2 * 0.37)).float()
        self.rows: list[int] = []

    def __call__(self, inputs: Tensor, memory: Tensor | None = None) -> tuple[Tensor, Tensor]:
        self.rows.append(len(inputs))
        past = torch.zeros(len(inputs), dtype=torch.long) if memory is None else memory
        logits = []
        for symbol in inputs.T:
            past = (past * (self.size + 1) + symbol + 1) % self.pasts
            logits.append(self.table[past])
        return torch.stack(logits, dim=1), past

    def select(self, memory: Tensor, rows: Tensor) -> Tensor:
        return memory[rows]

    def for_inference(self) -> Recollection:
        return self


class Chain:
    """A model that only looks at the last symbol: its probabilities, row by row."""

    emission = Categorical()

    def __init__(self, probabilities: list[list[float]]) -> None:
        self.logits = torch.tensor(probabilities).log()

    def __call__(self, inputs: Tensor, memory: Any = None) -> tuple[Tensor, Any]:
        return self.logits[inputs], None

    def select(self, memory: Any, rows: Tensor) -> Any:
        return None

    def for_inference(self) -> Chain:
        return self


class Brackets(Unconstrained):
    """0 opens, 1 closes, 2 ends what is closed, others may stand anywhere. A state is the depth; -1 has ended."""

    def __init__(self, size: int = 3) -> None:
        super().__init__()
        self.size = size

    def allowed(self, state: int) -> Tensor | None:
        mask = torch.ones(self.size, dtype=torch.bool)
        mask[1] = state > 0
        mask[END] = state == 0
        return mask

    def advance(self, state: int, symbol: int) -> int:
        assert self.allowed(state)[symbol]  # type: ignore[index]
        return -1 if symbol == END else state + {0: 1, 1: -1}.get(symbol, 0)

    def distance(self, state: int) -> int:
        return state + 1


class Only(Unconstrained):
    """These symbols and no others, as long as there are some; then anything."""

    def __init__(self, ids: Ids, size: int = 3) -> None:
        super().__init__()
        self.ids, self.size = ids, size

    def allowed(self, state: int) -> Tensor | None:
        return torch.arange(self.size) == self.ids[state] if state < len(self.ids) else None

    def advance(self, state: int, symbol: int) -> int:
        return state + 1

    def distance(self, state: int) -> int:
        return max(0, len(self.ids) - state)


def search(model: Any, constraint: Constraint | None = None, **options: Any) -> BeamResult:
    constraint = constraint or Unconstrained()
    width = options.get("width", 4)
    told = {"prefix": (END,), "boundary": (END,), "filters": [], "width": width, "returned": width, "longest": 6}
    return beam_search(model, state=constraint.start(), constraint=constraint, **{**told, **options})


def log_probabilities(model: Any, past: Ids) -> list[float]:
    logits, _ = model(torch.tensor([past]))
    found: list[float] = logits[0, -1].double().log_softmax(-1).tolist()
    return found


def every_sequence(
    model: Any, constraint: Constraint, longest: int, boundary: Ids = (END,), prefix: Ids = (END,), penalty: float = 1.0
) -> list[Hypothesis]:
    """All sequences there are, best first: one by one, each from the beginning."""

    def follow(ids: Ids, state: Any, total: float) -> Iterator[Hypothesis]:
        ended = ids[-len(boundary) :] == boundary
        if ended or len(ids) == longest:
            told = ids[: -len(boundary)] if ended else ids
            yield Hypothesis(told, total, total / len(ids) ** penalty, ended)
            return
        mask = constraint.allowed(state)
        for symbol, value in enumerate(log_probabilities(model, prefix + ids)):
            if mask is None or mask[symbol]:
                following = constraint.advance(state, symbol)
                if constraint.distance(following) <= longest - len(ids) - 1:
                    yield from follow((*ids, symbol), following, total + value)

    return sorted(follow((), constraint.start(), 0.0), key=lambda hypothesis: -hypothesis.score)


def greedy_path(model: Any, constraint: Constraint, longest: int, boundary: Ids = (END,), prefix: Ids = (END,)) -> Ids:
    """The likeliest symbol again and again, boundary included."""
    ids: Ids = ()
    state = constraint.start()
    while len(ids) < longest and ids[-len(boundary) :] != boundary:
        values = log_probabilities(model, prefix + ids)
        mask = constraint.allowed(state)
        fitting = [
            symbol
            for symbol in range(len(values))
            if (mask is None or mask[symbol])
            and constraint.distance(constraint.advance(state, symbol)) <= longest - len(ids) - 1
        ]
        best = max(fitting, key=lambda symbol: values[symbol])
        ids, state = (*ids, best), constraint.advance(state, best)
    return ids


def assert_same(found: tuple[Hypothesis, ...], expected: list[Hypothesis]) -> None:
    assert [(one.ids, one.complete) for one in found] == [(one.ids, one.complete) for one in expected]
    for one, other in zip(found, expected, strict=True):
        assert one.log_probability == pytest.approx(other.log_probability, abs=1e-6)
        assert one.score == pytest.approx(other.score, abs=1e-6)


@pytest.mark.parametrize("penalty", [0.0, 0.7, 1.0, 2.0])
@pytest.mark.parametrize("constraint", [Unconstrained(), Brackets()], ids=["free", "brackets"])
@pytest.mark.parametrize("seed", range(4))
def test_as_many_beams_as_sequences_find_them_all(seed: int, constraint: Constraint, penalty: float) -> None:
    model = Recollection(seed=seed)
    expected = every_sequence(model, constraint, 6, penalty=penalty)
    found = search(model, constraint, width=3**6, longest=6, length_penalty=penalty)
    assert_same(found.hypotheses, expected)
    assert len(found.hypotheses) == (4 if isinstance(constraint, Brackets) else 127)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), longest=st.integers(1, 12), bracketed=st.booleans(), kept=st.booleans())
def test_one_beam_is_greedy(seed: int, longest: int, bracketed: bool, kept: bool) -> None:
    model, constraint = Recollection(seed=seed), Brackets() if bracketed else Unconstrained()
    result = search(model, constraint, width=1, longest=longest, keep_greedy=kept, length_penalty=2.0)
    path = greedy_path(model, constraint, longest)
    (found,) = result.hypotheses
    assert (found.ids, found.complete) == ((path[:-1], True) if path[-1] == END else (path, False))
    assert result.greedy_won
    assert result.steps == len(path)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000), longest=st.integers(1, 12), width=st.integers(2, 6), penalty=st.sampled_from([0, 1, 2])
)
def test_every_hypothesis_is_allowed_and_ends(seed: int, longest: int, width: int, penalty: int) -> None:
    result = search(
        Recollection(4, seed), Brackets(4), width=width, longest=longest, length_penalty=penalty, prefix=(END, 3, 3)
    )
    for found in result.hypotheses:
        depths = list(itertools.accumulate({0: 1, 1: -1}.get(symbol, 0) for symbol in found.ids))
        assert found.complete
        assert len(found.ids) < longest
        assert min(depths, default=0) == (depths or [0])[-1] == 0


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), width=st.integers(1, 6), bracketed=st.booleans())
def test_hypotheses_differ_are_ordered_and_tell_their_probability(seed: int, width: int, bracketed: bool) -> None:
    model, constraint = Recollection(5, seed), Brackets(5) if bracketed else Unconstrained()
    result = search(model, constraint, width=width, longest=10, length_penalty=0.8)
    assert len({found.ids for found in result.hypotheses}) == len(result.hypotheses) == width
    scores = [found.score for found in result.hypotheses]
    assert scores == sorted(scores, reverse=True)
    for found in result.hypotheses:
        whole = (*found.ids, END) if found.complete else found.ids
        total = sum(log_probabilities(model, (END, *whole[:at]))[symbol] for at, symbol in enumerate(whole))
        assert found.log_probability == pytest.approx(total, abs=1e-5)
        assert found.score == pytest.approx(total / len(whole) ** 0.8, abs=1e-5)


def test_the_greedy_path_is_one_more_candidate_and_disturbs_nothing() -> None:
    won = []
    for seed in range(60):
        model = Recollection(8, seed, sharpness=2)
        options: dict[str, Any] = {"width": 2, "longest": 12, "length_penalty": 0.5}
        (path,) = search(model, **{**options, "width": 1}).hypotheses
        beams = search(model, **options, keep_greedy=False)
        both = search(model, **options)
        found = [one.ids for one in beams.hypotheses]
        expected = [*beams.hypotheses] if path.ids in found else [*beams.hypotheses, path]
        assert_same(both.hypotheses, sorted(expected, key=lambda one: -one.score)[:2])
        assert both.greedy_won == (both.hypotheses[0].ids == path.ids)
        assert not beams.greedy_won
        won.append(both.greedy_won and path.ids not in found)
    assert any(won)  # there are models whose best sequence two beams lose
    assert not all(won)


def test_one_call_a_step_with_a_row_for_each_beam_and_one_for_greedy() -> None:
    model = Recollection(9, seed=1)
    result = search(model, Brackets(9), width=5, longest=30)
    assert len(model.rows) == result.steps <= 30
    assert model.rows[0] == 1
    assert max(model.rows) == 6


def test_the_length_penalty_prefers_longer_ones() -> None:
    # Ending at once: 0.4. Going on has 0.6 and then mostly itself: longer is less likely, but likelier per symbol.
    model = Chain([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.6, 0.0, 0.4]])
    lengths = [len(search(model, length_penalty=penalty, longest=9).hypotheses[0].ids) for penalty in (0, 1, 2)]
    assert lengths[0] == 0
    assert lengths[0] < lengths[1] <= lengths[2]


@pytest.mark.parametrize("seed", range(4))
def test_a_boundary_of_two_symbols(seed: int) -> None:
    model = Recollection(seed=seed)
    options: dict[str, Any] = {"boundary": (1, 1), "prefix": (1, 1), "longest": 6}
    found = search(model, width=3**6, **options)
    assert_same(found.hypotheses, every_sequence(model, Unconstrained(), **options))
    assert any(one.complete and one.ids[-1:] == (0,) for one in found.hypotheses)
    (alone,) = search(model, width=1, **options).hypotheses
    path = greedy_path(model, Unconstrained(), **options)
    assert alone.ids == (path[:-2] if alone.complete else path)


def test_a_boundary_may_begin_in_what_is_given() -> None:
    certain = Chain([[0.0, 0.9, 0.1], [0.0, 0.9, 0.1], [0.9, 0.1, 0.0]])
    ended, *_ = search(certain, boundary=(1, 1), prefix=(1, 1, 0, 1)).hypotheses
    assert (ended.ids, ended.complete) == ((), True)
    assert ended.log_probability == pytest.approx(torch.tensor(0.9).log().item())
    # What the boundary before it ends with is not given: one more does not end anything.
    begun, *_ = search(certain, boundary=(1, 1), prefix=(1, 1), length_penalty=0).hypotheses
    assert begun.log_probability == pytest.approx(2 * torch.tensor(0.9).log().item())


def test_too_long_is_told() -> None:
    endless = Chain([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    result = search(endless, longest=5, width=3)
    assert result.hypotheses == (Hypothesis((0, 1, 0, 1, 0), 0.0, 0.0, complete=False),)
    assert result.steps == 5


def test_more_beams_than_continuations() -> None:
    result = search(Recollection(), width=50, longest=2)
    assert len(result.hypotheses) == 7
    assert sum(one.complete for one in result.hypotheses) == 3


def test_what_must_come_comes_at_the_models_own_price() -> None:
    model, forced = Recollection(seed=5), (1, 0, 1, 1, END)
    result = search(model, Only(forced))
    expected = sum(log_probabilities(model, (END, *forced[:at]))[symbol] for at, symbol in enumerate(forced))
    (found,) = result.hypotheses
    assert (found.ids, found.complete, result.greedy_won) == (forced[:-1], True, True)
    assert found.log_probability == pytest.approx(expected, abs=1e-6)
    assert expected < -1


def test_filters_come_after_the_constraint() -> None:
    model, forced = Recollection(seed=5), (1, 0, 1, 1, END)
    (found,) = search(model, Only(forced), filters=[greedy]).hypotheses
    assert found.ids == forced[:-1]
    (alone,) = search(model, filters=[greedy], longest=9).hypotheses
    assert alone.log_probability == 0
    (path,) = search(model, width=1, longest=9).hypotheses
    assert alone.ids == path.ids


def test_probabilities_are_those_of_the_filtered_model() -> None:
    model = Chain([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2], [0.5, 0.3, 0.2]])

    def first(filters: list[Filter]) -> float:
        found = search(model, filters=filters, longest=1, width=1).hypotheses[0]
        return float(torch.tensor(found.log_probability).exp())

    assert first([]) == pytest.approx(0.5)
    assert first([lambda logits: top_k(logits, 2)]) == pytest.approx(0.5 / 0.8)
    assert first([lambda logits: temperature(logits, 0.5)]) == pytest.approx(0.25 / 0.38)


@pytest.mark.parametrize("cell", [LSTM, GRU])
def test_the_memory_of_a_recurrent_model_follows_its_beams(cell: Any) -> None:
    torch.manual_seed(3)
    plain = cell(9, embedding_size=8, hidden_size=16, layers=2)
    with torch.no_grad():
        plain.output.weight.mul_(8)
        model = plain.for_inference()
        found = search(model, Brackets(9), width=4, longest=20, prefix=torch.tensor([END, 4, 5])).hypotheses
        for one in found:
            whole = torch.tensor([END, 4, 5, *one.ids, END])
            values = model(whole[None, :-1])[0][0].log_softmax(-1)[range(2, len(whole) - 1), whole[3:]]
            assert one.log_probability == pytest.approx(float(values.sum()), abs=1e-4)
    assert len(found) == 4


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 0, "returned": 1}, "at least one beam, not 0"),
        ({"width": 3, "returned": 5}, "5 sequences .* width 3: ask for 1 to 3"),
        ({"width": 3, "returned": 0}, "0 sequences"),
        ({"longest": 0}, "length of 0 is too short"),
        ({"longest": 4, "constraint": Only((0, 0, 0, 0, END))}, "length of 4 is too short: .* at least 5"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(DecodingError, match=message):
        search(Recollection(), **options)


def test_filters_that_leave_nothing_are_told() -> None:
    # The brackets must close, but the filter only leaves what opens.
    def opening(logits: Tensor) -> Tensor:
        return logits.masked_fill(torch.arange(3) != 0, -torch.inf)

    with pytest.raises(DecodingError, match="laxer filters"):
        search(Recollection(), Brackets(), filters=[opening])


# What transformers 5.23 tells for a model with these logits: seed, width, penalty, longest -> ids, an X where cut off.
KNOWN = [
    (2, 3, 0.0, 12, ["9 3 10", "9 3 10 1 1", "9 3 10 1 1 4"]),
    (4, 5, 1.0, 12, ["9 5 1 4 8 5 1", "9 5 1 4 8 5 11 8 5 0 7 5 X", "1 10 10 4 0 11", "1 10 10 4", "1 10 10"]),
    (5, 5, 0.0, 8, ["3", "6 9", "", "6 11 3 9 5", "6 9 3 11 11 3"]),
    (6, 3, -0.5, 12, ["1 5", "1 8 3 4 1 6 7 11", "1 8 3 4 1 6 7 5 10 3"]),
    (8, 1, 1.0, 12, [""]),
    (8, 2, 1.0, 12, ["8 7 6 5", "8 7 6 5 9 0 0"]),
    (9, 3, 1.0, 16, ["1 1 5 0 3 4 1", "1 1 5 0 3 4", "1 1 5 0 9 10 0"]),
    (10, 3, 1.0, 16, ["10 5 1 1 5 10 7 8 10 4", "10 5 1 1 5 10 7 8 10 10 5 10 0 6 8", "10 5 1 1 5 10 7 8 10 9 11 6"]),
]


@pytest.mark.parametrize(("seed", "width", "penalty", "longest", "expected"), KNOWN)
def test_known_answers(seed: int, width: int, penalty: float, longest: int, expected: list[str]) -> None:
    options: dict[str, Any] = {"width": width, "longest": longest, "length_penalty": penalty, "prefix": (END, 4, seed)}
    found = search(Recollection(12, seed), **options, keep_greedy=False).hypotheses
    assert [" ".join(map(str, one.ids)) + ("" if one.complete else " X") for one in found] == expected


class GPT2:
    """A small GPT-2 with random weights, whose memory is the ids it has read."""

    emission = Categorical()

    def __init__(self, size: int) -> None:
        transformers = pytest.importorskip("transformers")
        torch.manual_seed(13)
        special = {"bos_token_id": END, "eos_token_id": END, "pad_token_id": END, "tie_word_embeddings": False}
        config = transformers.GPT2Config(
            vocab_size=size, n_positions=64, n_embd=32, n_layer=2, n_head=4, initializer_range=0.3, **special
        )
        self.network = transformers.GPT2LMHeadModel(config).eval()

    def __call__(self, inputs: Tensor, memory: Tensor | None = None) -> tuple[Tensor, Tensor]:
        read = inputs if memory is None else torch.cat([memory, inputs], dim=1)
        return self.network(read).logits[:, -inputs.shape[1] :], read

    def select(self, memory: Tensor, rows: Tensor) -> Tensor:
        return memory[rows]

    def for_inference(self) -> GPT2:
        return self


@pytest.mark.parametrize("penalty", [0.0, 1.0, 2.0])
@pytest.mark.parametrize("width", [1, 3, 5])
def test_the_same_tokens_as_transformers(width: int, penalty: float) -> None:
    model = GPT2(size=24)
    generator = torch.Generator().manual_seed(5)
    complete = []
    for length in range(1, 6):
        prompts = torch.randint(3, 24, (10, length), generator=generator)
        told = model.network.generate(
            prompts,
            attention_mask=torch.ones_like(prompts),
            num_beams=width,
            num_return_sequences=width,
            do_sample=False,
            early_stopping=False,
            length_penalty=penalty,
            max_new_tokens=16,
        )
        expected = [tuple(ids) for ids in told[:, length:].tolist()]
        for number, prompt in enumerate(prompts):
            found = search(
                model, width=width, prefix=prompt, longest=16, length_penalty=penalty, keep_greedy=False
            ).hypotheses
            complete += [one.complete for one in found]
            # transformers fills up with the boundary.
            filled = [one.ids + (END,) * (told.shape[1] - length - len(one.ids)) for one in found]
            assert filled == expected[number * width : (number + 1) * width]
    assert any(complete)
    assert not all(complete)
