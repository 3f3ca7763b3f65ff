"""The lab's model and its loop that composes (MIT 6.S191, lab 1, PyTorch version), with the weights of a run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from tunewright.run import Run

LAB_LENGTH = 1000
"""Characters of one call, as the lab makes it."""
BLANK_LINE = "\n\n"


class LabModel(nn.Module):
    """The lab's model, with the weights of a run."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        weights = run.model().state_dict()
        size, embedding_size = weights["embedding.weight"].shape
        layers = sum(name.endswith("weight_hh_l0") for name in weights)
        self.hidden_size: int = weights["output.weight"].shape[1]
        self.embedding = nn.Embedding(size, embedding_size)
        self.lstm = nn.LSTM(embedding_size, self.hidden_size, layers, batch_first=True)
        self.fc = nn.Linear(self.hidden_size, size)
        self.load_state_dict(dict(self._named_as_here(weights)))

    @staticmethod
    def _named_as_here(weights: dict[str, Tensor]) -> Iterable[tuple[str, Tensor]]:
        for name, values in weights.items():
            kind, _, rest = name.partition(".")
            if kind == "layers":
                layer, _, own = rest.partition(".")
                yield f"lstm.{own.removesuffix('0')}{layer}", values
            else:
                yield name.replace("output.", "fc."), values

    def init_hidden(self, batch_size: int) -> tuple[Tensor, Tensor]:
        zeros = torch.zeros(self.lstm.num_layers, batch_size, self.hidden_size)
        return zeros, zeros.clone()

    def forward(self, x: Tensor, state: Any = None, return_state: bool = False) -> Any:
        x = self.embedding(x)
        if state is None:
            state = self.init_hidden(x.size(0))
        out, state = self.lstm(x, state)
        out = self.fc(out)
        return (out, state) if return_state else out


class Lab:
    """What the lab composes with."""

    def __init__(self, run: Run) -> None:
        boundary = run.codec.boundary
        self.idx2char = list(run.codec.spellings())
        if len(boundary) == 1:
            self.idx2char[boundary[0]] = BLANK_LINE
        self.char2idx = {char: index for index, char in enumerate(self.idx2char)}
        self.model = LabModel(run)

    def generate_text(self, start_string: str = "X", generation_length: int = LAB_LENGTH) -> str:
        """The lab's loop, as it is."""
        input_eval = torch.tensor([self.char2idx[char] for char in start_string], dtype=torch.long).unsqueeze(0)
        state = self.model.init_hidden(batch_size=1)
        text_generated = []
        for _ in tqdm(range(generation_length)):
            predictions, state = self.model(input_eval, state, return_state=True)
            predictions = predictions.squeeze(0)
            input_eval = torch.multinomial(torch.softmax(predictions, dim=-1), num_samples=1)
            text_generated.append(self.idx2char[int(input_eval.item())])
        return start_string + "".join(text_generated)

    @torch.no_grad()
    def texts(self, count: int) -> list[str]:
        """Texts like those of the loop, each as long, drawn side by side."""
        symbols = torch.full((count, 1), self.char2idx["X"])
        state, drawn = self.model.init_hidden(count), [symbols]
        for _ in range(LAB_LENGTH):
            logits, state = self.model(symbols, state, return_state=True)
            symbols = torch.multinomial(logits[:, -1].softmax(dim=-1), num_samples=1)
            drawn.append(symbols)
        return ["".join(self.idx2char[index] for index in row) for row in torch.cat(drawn, dim=1).tolist()]
